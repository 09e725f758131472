//! Time of decoding and encoding: `cargo bench -p cf-bench`.
#![allow(clippy::unwrap_used, missing_docs)]

use cf_bench::{fixtures, memory};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn decode(criterion: &mut Criterion) {
    let page = fixtures::records(1, 5_000, 5_000);
    let head = memory::json_head();
    let mut group = criterion.benchmark_group("decode 5,000 records");
    group.throughput(Throughput::Bytes(page.len() as u64));
    group.bench_function("structs", |b| {
        b.iter(|| memory::decode_structs(&page).unwrap());
    });
    group.bench_function("value", |b| b.iter(|| memory::decode_value(&page).unwrap()));
    group.bench_function("ours", |b| {
        b.iter(|| memory::decode_ours(&head, &page).unwrap());
    });
    group.finish();
}

fn decode_zone(criterion: &mut Criterion) {
    let zone = fixtures::zone();
    let head = memory::json_head();
    let mut group = criterion.benchmark_group("decode a zone");
    group.throughput(Throughput::Bytes(zone.len() as u64));
    group.bench_function("structs", |b| {
        b.iter(|| memory::decode_zone_structs(&zone).unwrap());
    });
    group.bench_function("ours", |b| {
        b.iter(|| memory::decode_zone_ours(&head, &zone).unwrap());
    });
    group.finish();
}

fn encode(criterion: &mut Criterion) {
    let structs: Vec<_> = (0..1_000).map(fixtures::new_record).collect();
    let params: Vec<_> = (0..1_000).map(fixtures::record_param).collect();
    let mut group = criterion.benchmark_group("encode 1,000 creations");
    group.throughput(Throughput::Elements(1_000));
    group.bench_function("structs", |b| {
        b.iter(|| memory::encode_structs(&structs).unwrap());
    });
    group.bench_function("ours", |b| b.iter(|| memory::encode_ours(&params)));
    group.finish();
}

criterion_group!(benches, decode, decode_zone, encode);
criterion_main!(benches);
