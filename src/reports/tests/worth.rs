//! What the work of the tiny month was worth.
