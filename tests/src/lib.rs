//! End-to-end tests through public interfaces live in `tests/`.
