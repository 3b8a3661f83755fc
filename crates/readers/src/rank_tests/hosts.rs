//! Which files ranks see, how often they read them, and what is learnt from them.

use super::formats::{parquet, records};
use super::*;
use crate::recordio::Features;

#[test]
fn ranks_with_files_of_their_own() {
    let body = |from: usize, to: usize| (from..to).map(|i| format!("{},{},t{}\n", i % 2, i * 7 % 100, i / 20)).collect::<String>();
    type Make<'a> = &'a dyn Fn(usize, usize) -> Vec<u8>;
    let line = |i: usize| format!("{{\"y\": {}, \"x\": {i}, \"t\": \"t{}\"}}\n", i % 2, i / 20);
    let dense = |i: usize| Features::Dense(vec![i as f64 * 0.3, (i % 4) as f64]);
    let formats: [(&str, Make<'_>); 5] = [
        ("JSON", &|from, to| (from..to).map(line).collect::<String>().into_bytes()),
        ("recordio", &|from, to| records((from..to).map(dense))),
        ("CSV", &|from, to| body(from, to).into_bytes()),
        ("Parquet", &|from, to| parquet(from..to, 30)),
        ("libsvm", &|from, to| (from..to).map(|i| format!("{} {}:2\n", i % 2, 1 + i / 10)).collect::<String>().into_bytes()),
    ];
    for (name, make) in formats {
        // The second rank has nothing.
        let hosts =
            [Files::new(&[("a", make(0, 30)), ("b", make(30, 80))]), Files::new::<&[u8]>(&[]), Files::new(&[("c", make(80, 400))])];
        let order: Vec<Source> =
            [(0, "a"), (0, "b"), (2, "c")].map(|(host, file): (usize, &str)| hosts[host].0.path().join(file).into()).into();
        let (alone, _) = training_on(&order, &options(), Ranks::alone(), USUAL).unwrap();
        let parts = Threads::run(3, |collective| {
            let ranks = Ranks::new(collective, RankFiles::Own);
            let (data, shares) = training_on(&hosts[ranks.rank()].sources(), &options(), ranks, TINY).unwrap();
            assert_eq!((shares.files, shares.hosts[1].rows, shares.rows()), (3, 0, 400));
            (said(&data), rows(&data, 400))
        });
        assert!(parts.iter().all(|(text, _)| *text == said(&alone)), "{name}: {} {}", parts[1].0, said(&alone));
        assert_eq!(joined(parts.into_iter().map(|(_, rows)| rows).collect()), rows(&alone, 400), "{name}");
    }
}

#[test]
fn models_learn_the_new_levels_of_all_ranks() {
    let known = Files::new(&[("a", "1,b\n0,d\n".repeat(20))]);
    let (model, _) = training_on(&known.sources(), &options(), Ranks::alone(), USUAL).unwrap();
    let new = Files::new(&[("a", "1,b\n0,c\n".repeat(20) + &"1,d\n0,a\n".repeat(20))]);
    let expected = Expected { schema: model.schema(), classes: None, needs_labels: true };
    let read = |ranks: Ranks<'_>| {
        let (data, _) = crate::read_extending_on(&new.sources(), &options(), expected, ranks).unwrap();
        let unknown = crate::unknown_levels_on(&data, ranks).unwrap();
        (said(&data), rows(&data, u64::MAX), unknown)
    };
    let (whole, all, _) = read(Ranks::alone());
    assert!(whole.contains(r#"levels: ["b", "d", "a", "c"]"#), "{whole}");
    let parts = Threads::run(3, |collective| read(Ranks::new(collective, RankFiles::Shared)));
    assert!(parts.iter().all(|(text, _, unknown)| *text == whole && unknown.is_empty()));
    assert_eq!(joined(parts.into_iter().map(|(_, rows, _)| rows).collect()), all);
    let parts = Threads::run(2, |collective| {
        let ranks = Ranks::new(collective, RankFiles::Shared);
        let (data, _) = matching_on(&new.sources(), &options(), expected, ranks, USUAL).unwrap();
        data.source().visit(&|_| Ok(())).unwrap();
        crate::unknown_levels_on(&data, ranks).unwrap()
    });
    assert_eq!(parts, vec![vec![(0, vec!["a".to_string(), "c".to_string()])]; 2]);
}

/// The errors of three ranks, each with files of its own.
fn refusal(hosts: &[Files], files: RankFiles) -> String {
    let errors = Threads::run(hosts.len(), |collective| {
        let ranks = Ranks::new(collective, files);
        training_on(&hosts[ranks.rank()].sources(), &options(), ranks, USUAL).map(drop).unwrap_err().to_string()
    });
    assert!(errors.iter().all(|error| *error == errors[0]), "{errors:?}");
    errors.into_iter().next().unwrap()
}

#[test]
fn hosts_that_see_other_data_than_was_said_are_refused() {
    let files = |files: &[(&str, &str)]| Files::new(files);
    let (a, b) = (("a", "1,2\n0,3\n"), ("b", "1,4\n0,5\n"));
    assert!(refusal(&[files(&[a, b]), files(&[a])], RankFiles::Shared).contains("b is on host 0 and not on host 1"));
    assert!(refusal(&[files(&[a]), files(&[a, b])], RankFiles::Shared).contains("b is on host 1 and not on host 0"));
    assert!(refusal(&[files(&[a]), files(&[b])], RankFiles::Shared).contains("no file in common"));
    assert!(
        refusal(&[files(&[a]), files(&[("a", "1,2\n0,33\n")])], RankFiles::Shared)
            .contains("a has 8 bytes on host 0 and 9 on host 1")
    );
    assert!(refusal(&[files(&[a]), files(&[("a", "1,2\n0,4\n")])], RankFiles::Shared).contains("a has other content on host 1"));
    assert!(
        refusal(&[files(&[a]), files(&[b]), files(&[a])], RankFiles::Own)
            .contains("the same file is on several hosts: a (host 0, host 2)")
    );
    assert!(refusal(&[files(&[a]), files(&[("b", "1\n0\n")])], RankFiles::Own).contains("files disagree"));
    let bad = refusal(&[files(&[a]), files(&[("b", "1,2\n0,inf\n")])], RankFiles::Own);
    assert!(bad.starts_with("host 1: infinite value"), "{bad}");
    assert!(refusal(&[files(&[]), files(&[])], RankFiles::Own).contains("no data in"));
}

#[test]
fn every_byte_is_read_once() {
    let text: String = (0..150_000).map(|i| format!("{},{},{}\n", i % 2, f64::from(i) * 0.1, i % 100)).collect();
    let beginning = |rows: usize| text.split_inclusive('\n').take(rows).collect::<String>();
    let parquet = parquet(0..100_000, 10_000);
    let sets = [
        Files::new(&[("a", &text), ("b", &text)]),
        Files::new(&[("a", beginning(9000)), ("b", beginning(5000))]),
        Files::new(&[("a.parquet", &parquet), ("b.parquet", &parquet)]),
    ];
    for files in sets {
        let meters = Threads::run(4, |collective| {
            let options = ReadOptions { meter: crate::Meter::default(), ..options() };
            let (data, shares) =
                training_on(&files.sources(), &options, Ranks::new(collective, RankFiles::Shared), Limits::default()).unwrap();
            (0..2).for_each(|_| drop(rows(&data, u64::MAX)));
            (options.meter.stats().bytes_read, shares.bytes)
        });
        let (read, bytes) = (meters.iter().map(|(read, _)| read).sum::<u64>(), meters[0].1);
        assert!(read * 100 >= bytes * 85 && read * 100 <= bytes * 105, "{meters:?}");
    }
}

/// All files of up to 3 MB of real data that are there, where somebody has fetched them.
#[test]
fn real_data() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/data");
    let listed = |directory: PathBuf| std::fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_data =
        |path: &PathBuf| path.extension().is_some_and(|end| ["csv", "parquet", "libsvm"].iter().any(|known| end == *known));
    let is_small = |path: &PathBuf| path.metadata().is_ok_and(|facts| facts.len() < 3 << 20);
    for path in listed(root).flat_map(listed).filter(|path| is_data(path) && is_small(path)) {
        let sources: Vec<Source> = vec![path.clone().into()];
        let alone = training_on(&sources, &options(), Ranks::alone(), Limits::default());
        let parts = Threads::run(3, |collective| {
            let options = ReadOptions { meter: crate::Meter::default(), ..options() };
            let read = training_on(&sources, &options, Ranks::new(collective, RankFiles::Shared), Limits::default());
            let read = read.map_err(|error| error.to_string());
            read.map(|(data, shares)| (said(&data), values_of(&data), shares, options.meter.stats().bytes_read))
        });
        match alone {
            Err(error) => assert!(parts.iter().all(|part| part.as_ref().err() == Some(&error.to_string())), "{path:?}: {error}"),
            Ok((data, _)) => {
                let parts: Vec<_> = parts.into_iter().map(Result::unwrap).collect();
                assert!(parts.iter().all(|(text, ..)| *text == said(&data)), "{path:?}");
                let read: u64 = parts.iter().map(|part| part.3).sum();
                println!("{path:?}: {} with {read} bytes read", parts[0].2);
                assert!(joined(parts.into_iter().map(|(_, rows, ..)| rows).collect()) == values_of(&data), "{path:?}");
            }
        }
    }
}

/// Trained models do not tell how many ranks read the data.
#[test]
fn models_are_those_of_one_host() {
    use sapwood::{Objective, Params};
    let row = |i: usize| {
        let (a, b) = (i * 7919 % 1000, i * 104_729 % 97);
        format!(
            "{},{a},\"{}\n{}\",{},{}\n",
            usize::from(a + 5 * b > 700),
            b % 13,
            b % 3,
            i % 4,
            if b == 7 { String::new() } else { b.to_string() }
        )
    };
    let text = format!("y,a,t,w,b\n{}", (0..3000).map(row).collect::<String>());
    let files = Files::new(&[("a.csv", &text), ("b.csv", &format!("y,a,t,w,b\n{}", row(77)))]);
    let read = ReadOptions { weight: Some("w".into()), label: Some("y".into()), ..options() };
    let params =
        Params::builder().num_round(8).max_leaves(12).objective(Objective::BinaryLogistic).subsample(0.7).colsample_bytree(0.8);
    let params = params.nthread(1).build().unwrap();
    let model = |collective: &dyn sapwood::collective::Collective| {
        let (data, _) = training_on(&files.sources(), &read, Ranks::new(collective, RankFiles::Shared), USUAL).unwrap();
        let trainer = sapwood::Trainer::new(params.clone()).collective(collective).validation("validation", &data);
        let trained = trainer.fit_observed(&data, &mut ()).unwrap();
        (trained.model.to_bytes().unwrap(), trained.history)
    };
    let alone = model(&sapwood::collective::Solo);
    for size in [2, 3, 5] {
        assert!(Threads::run(size, model).into_iter().all(|other| other == alone), "{size} ranks");
    }
}

/// The rows without their places, which take long to find.
fn values_of(data: &Dataset) -> Rows {
    rows(data, u64::MAX)
}
