//! What is wrong between the owners of a cluster: dependencies that lead nowhere or round in circles, objects that
//! two of them apply.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Finding, Owner, Severity};
use super::outcome::OwnerRender;
use crate::manifest::ObjectId;

/// Checks what owners wait for; returns the places of those with a problem, and what it is.
pub fn dependencies(owners: &[OwnerRender]) -> Vec<(usize, String)> {
    let places: BTreeMap<&Owner, usize> = owners
        .iter()
        .enumerate()
        .map(|(place, owner)| (&owner.owner, place))
        .collect();
    let mut problems = Vec::new();
    let mut edges: Vec<Vec<usize>> = vec![Vec::new(); owners.len()];
    for (place, owner) in owners.iter().enumerate() {
        for needed in owner.task.depends_on() {
            match places.get(&needed) {
                Some(to) => edges[place].push(*to),
                None => problems.push((
                    place,
                    format!("it waits for {needed}, which is nowhere in the cluster"),
                )),
            }
        }
    }
    for round in rounds(&edges) {
        let names: Vec<String> = round
            .iter()
            .map(|place| owners[*place].owner.to_string())
            .collect();
        let message = format!("it waits for itself: {}", names.join(" → "));
        problems.push((round[0], message));
    }
    problems
}

/// Finds one round of each knot of a graph, from a place back to it.
fn rounds(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    /// How far a place is looked at.
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut states = vec![State::New; edges.len()];
    let mut rounds = Vec::new();
    for start in 0..edges.len() {
        if states[start] != State::New {
            continue;
        }
        states[start] = State::Open;
        // The way from the start, each with how many of its edges were followed.
        let mut way = vec![(start, 0)];
        while let Some((place, next)) = way.last_mut() {
            let (place, turn) = (*place, *next);
            *next += 1;
            let Some(to) = edges[place].get(turn).copied() else {
                states[place] = State::Done;
                way.pop();
                continue;
            };
            match states[to] {
                State::New => {
                    states[to] = State::Open;
                    way.push((to, 0));
                }
                State::Open => {
                    let from = way.iter().position(|(place, _)| *place == to);
                    let round = way.iter().skip(from.unwrap_or_default());
                    rounds.push(round.map(|(place, _)| *place).chain([to]).collect());
                }
                State::Done => {}
            }
        }
    }
    rounds
}

/// Finds objects that more than one owner applies.
pub fn repeated(owners: &[OwnerRender]) -> Vec<Finding> {
    let mut first: BTreeMap<ObjectId, usize> = BTreeMap::new();
    let mut findings = Vec::new();
    let mut told = BTreeSet::new();
    for (place, owner) in owners.iter().enumerate() {
        for object in owner.objects() {
            let id = object.id();
            match first.get(&id) {
                None => {
                    first.insert(id, place);
                }
                Some(other) if *other != place && told.insert((id.clone(), place)) => {
                    let message = format!("{} applies {id} too", owners[*other].owner);
                    let mut finding = Finding::new(Severity::Warning, &owner.owner, message);
                    finding.object = Some(id);
                    findings.push(finding);
                }
                Some(_) => {}
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_round_of_each_knot() {
        assert_eq!(
            rounds(&[vec![1], vec![2], vec![]]),
            Vec::<Vec<usize>>::new()
        );
        assert_eq!(rounds(&[vec![1], vec![2], vec![1]]), [[1, 2, 1]]);
        assert_eq!(rounds(&[vec![0], vec![0]]), [[0, 0]]);
    }
}
