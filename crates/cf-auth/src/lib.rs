//! Credentials for the Cloudflare API: API tokens, and legacy API keys as a way over to tokens.
