use super::*;

fn pid(number: i32) -> Pid {
    Pid::new(number).unwrap()
}

fn member(number: i32, name: &str, needs: &[&str]) -> Member {
    let needs = needs.iter().map(|need| need.as_bytes().to_vec()).collect();
    Member { pid: pid(number), name: name.as_bytes().to_vec(), needs, told: false }
}

fn numbers(pids: Vec<Pid>) -> Vec<i32> {
    pids.into_iter().map(Pid::get).collect()
}

/// Ends each as soon as it was told and returns the rounds.
fn rounds(members: &[Member]) -> Vec<Vec<i32>> {
    let mut farewell = Farewell::new(members);
    let mut rounds = Vec::new();
    while !farewell.is_over() {
        let next = farewell.who_is_next();
        assert!(!next.is_empty(), "somebody is always told");
        next.iter().for_each(|pid| farewell.ended(*pid));
        rounds.push(numbers(next));
    }
    assert!(!farewell.is_anybody_bound());
    rounds
}

#[test]
fn without_needs_all_at_once_in_their_order() {
    let members = [member(3, "a", &[]), member(1, "b", &[]), member(2, "c", &["nobody", "c"])];
    assert_eq!(rounds(&members), [[3, 1, 2]]);
    assert!(!Farewell::new(&members).is_anybody_bound());
}

#[test]
fn a_service_after_those_who_need_it() {
    let members =
        [member(1, "db", &[]), member(2, "app", &["db", "cache"]), member(3, "cache", &[]), member(4, "web", &["app"])];
    assert!(Farewell::new(&members).is_anybody_bound());
    assert_eq!(rounds(&members), [vec![4], vec![2], vec![1, 3]]);
}

#[test]
fn a_circle_is_told_together_after_those_outside_it() {
    let members = [
        member(1, "a", &["b"]),
        member(2, "b", &["a", "base"]),
        member(3, "c", &["a"]),
        member(4, "d", &["d", "nobody"]),
        member(5, "base", &[]),
    ];
    assert_eq!(rounds(&members), [vec![3, 4], vec![1, 2], vec![5]]);
}

#[test]
fn who_hangs_keeps_only_those_that_it_needs() {
    let members = [
        member(1, "hangs", &["db"]),
        member(2, "db", &[]),
        member(3, "a", &["b"]),
        member(4, "b", &["a"]),
        member(5, "web", &["mail"]),
        member(6, "mail", &[]),
    ];
    let mut farewell = Farewell::new(&members);
    assert_eq!(numbers(farewell.who_is_next()), [1, 3, 4, 5]);
    [3, 4, 5].into_iter().for_each(|number| farewell.ended(pid(number)));
    assert_eq!(numbers(farewell.who_is_next()), [6]);
    farewell.ended(pid(6));
    assert!(farewell.is_anybody_bound(), "the data base");
    assert_eq!(numbers(farewell.everybody()), [2]);
    assert!(!farewell.is_anybody_bound());
    farewell.ended(pid(1));
    assert!(farewell.who_is_next().is_empty(), "it was told");
    farewell.ended(pid(2));
    assert!(farewell.is_over());
}

#[test]
fn who_was_told_before_is_not_told_again_but_waited_for() {
    let leaving = Member { told: true, ..member(1, "a", &["b"]) };
    let mut farewell = Farewell::new(&[leaving, member(2, "b", &[])]);
    assert!(farewell.who_is_next().is_empty());
    farewell.ended(pid(1));
    assert_eq!(farewell.who_is_next(), [pid(2)]);
    assert!(!farewell.is_over());
    farewell.ended(pid(2));
    assert!(farewell.is_over());
}

#[test]
fn two_of_one_name_are_both_needed() {
    let leaving = Member { told: true, ..member(1, "db", &["disk"]) };
    let members = [leaving, member(2, "db", &[]), member(3, "web", &["db"]), member(4, "disk", &[])];
    let mut farewell = Farewell::new(&members);
    assert_eq!(numbers(farewell.who_is_next()), [3]);
    farewell.ended(pid(3));
    assert_eq!(numbers(farewell.who_is_next()), [2]);
    farewell.ended(pid(1));
    assert_eq!(numbers(farewell.who_is_next()), [4]);
}

/// A chain, a fan and a circle of so many that anything quadratic would be felt: at a nanosecond a pair, a tenth of a
/// second each, and far more here without optimization.
#[test]
fn ten_thousand_take_no_longer_than_they_are() {
    const MANY: i32 = 10_000;
    let name = |number: i32| alloc::format!("{number}");
    let chain = |number| member(number, &name(number), &[&name(number + 1)]);
    assert_eq!(rounds(&(1..=MANY).map(chain).collect::<Vec<_>>()).len(), MANY as usize);
    let fan = (1..=MANY).map(|number| member(number, &name(number), if number > 1 { &["1"] } else { &[] }));
    assert_eq!(rounds(&fan.collect::<Vec<_>>()).len(), 2);
    let circle = (1..=MANY).map(|number| member(number, &name(number), &[&name(number % MANY + 1)]));
    assert_eq!(rounds(&circle.collect::<Vec<_>>()).len(), 1);
}
