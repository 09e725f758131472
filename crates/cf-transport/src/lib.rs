//! How requests to the Cloudflare API travel: an object-safe transport trait and a hyper implementation.
