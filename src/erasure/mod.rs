//! What is forgotten of a person who asks: rows lose their name and address and keep their ids, and so does the trail,
//! which keeps that it was done. Published reports stay as they were told.

pub mod api;
