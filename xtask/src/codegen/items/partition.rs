//! Partitions things that refer to each other into classes of deeply equal ones.

use std::collections::HashMap;
use std::hash::Hash;

/// The class of each thing: two are in one class if their labels are equal and the things that they refer to are, in
/// order, in the same classes. Classes are numbered in order of appearance.
///
/// Each of `things` has a label, for its own structure, and the indexes that it refers to. Classes start from the
/// labels, and are split where members differ further in, until nothing changes.
pub fn classes<Label: Hash + Eq>(things: &[(Label, Vec<usize>)]) -> Vec<usize> {
    let (mut class, mut count) = number(things.iter().map(|(label, _)| label));
    loop {
        let keys = things.iter().enumerate().map(|(index, (_, references))| {
            let references: Vec<usize> = references.iter().map(|to| class[*to]).collect();
            (class[index], references)
        });
        let (next, found) = number(keys);
        if found == count {
            return class;
        }
        (class, count) = (next, found);
    }
}

/// A number for each key, the same for equal keys, and how many there are.
fn number<Key: Hash + Eq>(keys: impl Iterator<Item = Key>) -> (Vec<usize>, usize) {
    let mut numbers = HashMap::new();
    let numbered = keys
        .map(|key| {
            let fresh = numbers.len();
            *numbers.entry(key).or_insert(fresh)
        })
        .collect();
    (numbered, numbers.len())
}

#[cfg(test)]
mod tests {
    use super::classes;

    #[test]
    fn what_differs_further_in_is_another_class() {
        // A list of strings, twice, and a list of numbers.
        let things = [
            ("list", vec![3]),
            ("list", vec![3]),
            ("list", vec![4]),
            ("text", vec![]),
            ("number", vec![]),
        ];
        assert_eq!(classes(&things), [0, 0, 1, 2, 3]);
    }

    #[test]
    fn loops_of_one_structure_are_one_class() {
        let things = [
            ("a", vec![1]),
            ("b", vec![0]),
            ("a", vec![3]),
            ("b", vec![2]),
        ];
        assert_eq!(classes(&things), [0, 1, 0, 1]);
    }
}
