//! From trees as files have them, any graph of numbered nodes, to trees whose children come after their parents.

/// The nodes that are reached from node 0, by their old numbers, in an order in which children come after their parents: the ascending one
/// where it is such, else level by level. `children` tells the two children of a split, and none of a leaf.
///
/// # Errors
/// A child that is no node, or that is reached twice.
pub fn reachable(count: usize, children: impl Fn(usize) -> Option<[usize; 2]>) -> Result<Vec<usize>, String> {
    if count == 0 {
        return Err("it has no nodes".into());
    }
    let mut is_reached = vec![false; count];
    is_reached[0] = true;
    let (mut order, mut at, mut ascends) = (vec![0], 0, true);
    while let Some(&node) = order.get(at) {
        at += 1;
        for child in children(node).into_iter().flatten() {
            match is_reached.get_mut(child) {
                None => return Err(format!("node {node} has child {child}, which is none of the {count} nodes")),
                Some(true) => return Err(format!("node {child} has two parents, or is the root")),
                Some(reached) => *reached = true,
            }
            ascends &= child > node;
            order.push(child);
        }
    }
    if ascends {
        order.sort_unstable();
    }
    Ok(order)
}

/// The new number of each old node in such an order.
pub fn numbers(count: usize, order: &[usize]) -> Vec<u32> {
    let mut numbers = vec![0; count];
    (0..).zip(order).for_each(|(new, &old)| numbers[old] = new);
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(children: &[Option<[usize; 2]>]) -> Result<Vec<usize>, String> {
        reachable(children.len(), |node| children[node])
    }

    #[test]
    fn parents_come_first_and_what_nobody_reaches_is_left_out() {
        assert_eq!(order(&[None]), Ok(vec![0]));
        assert_eq!(order(&[Some([3, 2]), None, None, Some([4, 5]), None, None]), Ok(vec![0, 2, 3, 4, 5]));
        assert_eq!(order(&[Some([4, 2]), None, None, None, Some([1, 3])]), Ok(vec![0, 4, 2, 1, 3]));
        assert_eq!(numbers(5, &[0, 4, 2]), [0, 0, 2, 0, 1]);
    }

    #[test]
    fn graphs_that_are_no_trees_are_refused() {
        for (children, what) in [
            (vec![], "no nodes"),
            (vec![Some([1, 9]), None], "which is none of the 2 nodes"),
            (vec![Some([0, 1]), None], "two parents"),
            (vec![Some([1, 1]), None], "two parents"),
            (vec![Some([1, 2]), Some([2, 0]), None], "two parents"),
        ] {
            let refused = order(&children).unwrap_err();
            assert!(refused.contains(what), "{refused}");
        }
    }
}
