//! The query of a list, its cursor too: read or refused with a parameter's name, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prodops::{
    components::Component,
    costs::CostEntry,
    kernel::{failure::Failure, http::{List, Listed}},
};

fn read<T: Listed>(query: &str) {
    match List::<T>::parse(query) {
        Ok(list) => {
            let _ = (list.clause(), list.order());
            assert!((2..=201).contains(&list.fetch()), "{query}");
        }
        Err(Failure::Invalid(faults) | Failure::Unreadable(faults)) => {
            assert!(!faults.is_empty() && faults.iter().all(|fault| fault.parameter.is_some()), "{query}: {faults:?}");
        }
        Err(other) => panic!("{query}: {other}"),
    }
}

fuzz_target!(|query: &str| {
    read::<Component>(query);
    read::<CostEntry>(query);
});
