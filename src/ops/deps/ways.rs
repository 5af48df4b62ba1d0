//! The ways through a graph: those that lead back to where they begin, and the longest.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::graph::Graph;
use crate::api::Relation;

impl Graph {
    /// Returns the objects that wait for themselves, one round of each cycle, from its first object back to it.
    ///
    /// An object that waits for others in a cycle, but is in none, is not among them.
    pub fn cycles(&self) -> Vec<Vec<usize>> {
        let mut cycles = Vec::new();
        let mut done = BTreeSet::new();
        for place in self.knotted() {
            if done.contains(&place) {
                continue;
            }
            if let Some(round) = self.round(place) {
                done.extend(round.iter().copied());
                cycles.push(round);
            }
        }
        cycles
    }

    /// Returns the objects that are left when those that nothing left refers to, and those that refer to nothing
    /// left, are taken away again and again: those of cycles, and those between two of them.
    fn knotted(&self) -> BTreeSet<usize> {
        let mut left: BTreeSet<usize> = (0..self.nodes.len()).collect();
        let mut neighbours = vec![[Vec::new(), Vec::new()]; self.nodes.len()];
        for edge in &self.edges {
            neighbours[edge.from][0].push(edge.to);
            neighbours[edge.to][1].push(edge.from);
        }
        let mut counts: Vec<[usize; 2]> = neighbours
            .iter()
            .map(|[to, from]| [to.len(), from.len()])
            .collect();
        let is_loose = |counts: &[usize; 2]| counts.contains(&0);
        let mut open: Vec<usize> = (0..self.nodes.len())
            .filter(|place| is_loose(&counts[*place]))
            .collect();
        while let Some(place) = open.pop() {
            if !left.remove(&place) {
                continue;
            }
            for (way, back) in [(0, 1), (1, 0)] {
                for next in &neighbours[place][way] {
                    counts[*next][back] -= 1;
                    if counts[*next][back] == 0 {
                        open.push(*next);
                    }
                }
            }
        }
        left
    }

    /// Returns the shortest way from an object back to itself.
    fn round(&self, start: usize) -> Option<Vec<usize>> {
        let mut before: BTreeMap<usize, usize> = BTreeMap::new();
        let mut open = VecDeque::from([start]);
        while let Some(place) = open.pop_front() {
            for edge in self.edges_of(place) {
                if edge.to == start {
                    let mut round = vec![start];
                    let mut at = place;
                    while at != start {
                        round.push(at);
                        at = before[&at];
                    }
                    round.push(start);
                    round.reverse();
                    return Some(round);
                }
                if let Entry::Vacant(entry) = before.entry(edge.to) {
                    entry.insert(place);
                    open.push_back(edge.to);
                }
            }
        }
        None
    }

    /// Returns the longest chain of objects of which each waits for the one before: nothing is ready sooner than it.
    /// It is empty where nothing waits for anything, or where a cycle means that nothing will ever be.
    pub fn critical_path(&self) -> Vec<usize> {
        if !self.cycles().is_empty() {
            return Vec::new();
        }
        let mut longest: Vec<Option<(usize, Option<usize>)>> = vec![None; self.nodes.len()];
        for place in 0..self.nodes.len() {
            self.measure(place, &mut longest);
        }
        let length = |place: usize| longest[place].map_or(0, |(length, _)| length);
        let first = (0..self.nodes.len())
            .rev()
            .max_by_key(|place| length(*place));
        let Some(last) = first.filter(|place| length(*place) > 1) else {
            return Vec::new();
        };
        let mut path = vec![last];
        while let Some((_, Some(before))) = longest[path[path.len() - 1]] {
            path.push(before);
        }
        path.reverse();
        path
    }

    /// Measures the longest chain that ends with an object: how many it has, and which comes before. Without
    /// recursion, since a repository may hold a chain of thousands.
    fn measure(&self, start: usize, longest: &mut [Option<(usize, Option<usize>)>]) {
        let waits = |place: usize| {
            let edges = self.edges_of(place);
            edges
                .filter(|edge| edge.relation == Relation::DependsOn)
                .map(|edge| edge.to)
        };
        let mut open = vec![start];
        while let Some(place) = open.last().copied() {
            let unknown: Vec<usize> = waits(place).filter(|to| longest[*to].is_none()).collect();
            if longest[place].is_none() && !unknown.is_empty() {
                open.extend(unknown);
                continue;
            }
            open.pop();
            let before = waits(place)
                .filter_map(|to| longest[to].map(|(length, _)| (length, to)))
                .max_by_key(|(length, to)| (*length, std::cmp::Reverse(*to)));
            longest[place] = Some(match before {
                Some((length, to)) => (length + 1, Some(to)),
                None => (1, None),
            });
        }
    }
}
