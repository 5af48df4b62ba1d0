//! Places in the list of resources, found by a number that stands for an id or a name.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Places in the list by a number; a hit must be checked.
#[derive(Clone, Debug, Default)]
pub(super) struct Places(HashMap<u64, Spots, BuildHasherDefault<Itself>>);

impl Places {
    /// Returns the places that were written down for a number, in order.
    pub fn at(&self, key: u64) -> &[usize] {
        self.0.get(&key).map_or(&[], Spots::as_slice)
    }

    /// Writes a place down, once.
    pub fn insert(&mut self, key: u64, place: usize) {
        let spots = self.0.entry(key).or_insert(Spots::One(place));
        spots.insert(place);
    }

    /// Strikes a place out.
    pub fn remove(&mut self, key: u64, place: usize) {
        if let Some(spots) = self.0.get_mut(&key) {
            spots.remove(place);
        }
    }

    /// Follows a new order, where `places[old]` is the new one.
    pub fn move_to(&mut self, places: &[usize]) {
        for spots in self.0.values_mut() {
            spots.move_to(places);
        }
    }
}

/// Places in their order; nearly always one.
#[derive(Clone, Debug)]
enum Spots {
    One(usize),
    Some(Vec<usize>),
}

impl Spots {
    fn as_slice(&self) -> &[usize] {
        match self {
            Self::One(place) => std::slice::from_ref(place),
            Self::Some(places) => places,
        }
    }

    /// Adds a place, once.
    fn insert(&mut self, place: usize) {
        match self {
            Self::One(own) if *own == place => {}
            Self::One(own) => *self = Self::Some(vec![place.min(*own), place.max(*own)]),
            Self::Some(places) => {
                if let Err(position) = places.binary_search(&place) {
                    places.insert(position, place);
                }
            }
        }
    }

    fn remove(&mut self, place: usize) {
        match self {
            Self::One(own) if *own == place => *self = Self::Some(Vec::new()),
            Self::One(_) => {}
            Self::Some(places) => places.retain(|other| *other != place),
        }
    }

    fn move_to(&mut self, places: &[usize]) {
        match self {
            Self::One(own) => *own = places[*own],
            Self::Some(own) => {
                for place in own.iter_mut() {
                    *place = places[*place];
                }
                own.sort_unstable();
            }
        }
    }
}

/// The hash of a number that is a hash: the number itself.
#[derive(Clone, Copy, Debug, Default)]
struct Itself(u64);

impl Hasher for Itself {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}
