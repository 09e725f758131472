//! Vectorize, from the client to the emulator and back.

use cf_client::Client;
use cf_emulator::Emulator;
use cf_types::vectorize::indexes::metadata_index::MetadataIndexParam;
use cf_types::vectorize::indexes::{DimensionsConfig, IndexParam, IndexQuery, VectorIds};
use serde_json::json;

#[tokio::test]
async fn vectors_are_found_by_what_they_are_close_to() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::builder()
        .base_url(emulator.base_url())
        .api_token(emulator.token())
        .build()
        .unwrap();
    let account = emulator.account_id();
    let indexes = || cf_types::Api::new(&client).vectorize().indexes();

    let index = IndexParam::new("points", DimensionsConfig::new(2, "euclidean"));
    let made = indexes().create(account, index.clone()).await.unwrap();
    assert_eq!(made.config.unwrap().dimensions, 2);
    let taken = indexes().create(account, index).await.unwrap_err();
    assert!(taken.has_code(3002), "{taken}");

    let color = MetadataIndexParam::new("string", "color");
    indexes()
        .metadata_index()
        .create(account, "points", color)
        .await
        .unwrap();
    let lines = "{\"id\":\"a\",\"values\":[3,4],\"metadata\":{\"color\":\"red\"}}\n\
                 {\"id\":\"b\",\"values\":[1,0],\"metadata\":{\"color\":\"blue\"}}\n";
    let inserted = indexes().insert(account, "points", lines).await.unwrap();
    let info = indexes().info(account, "points").await.unwrap();
    assert_eq!(info.vector_count, Some(2));
    assert_eq!(info.processed_up_to_mutation, inserted.mutation_id);

    let near = IndexQuery::new([0.0, 0.0]).return_values(true);
    let found = indexes()
        .query(account, "points", near)
        .await
        .unwrap()
        .matches
        .unwrap();
    let scores: Vec<_> = found
        .iter()
        .map(|found| (found.id.as_deref(), found.score))
        .collect();
    assert_eq!(scores, [(Some("b"), Some(1.0)), (Some("a"), Some(5.0))]);
    assert_eq!(found[1].values, Some(vec![3.0, 4.0]));
    let red = IndexQuery::new([0.0, 0.0]).filter(json!({ "color": "red" }));
    let found = indexes().query(account, "points", red).await.unwrap();
    assert_eq!(found.count, Some(1));

    let one = VectorIds::new().ids(["a"]);
    indexes()
        .delete_by_ids(account, "points", one)
        .await
        .unwrap();
    let left = indexes().list_vectors(account, "points").await.unwrap();
    assert_eq!((left.total_count, left.vectors[0].id.as_str()), (1, "b"));

    indexes().delete(account, "points").await.unwrap();
    let gone = indexes().get(account, "points").await.unwrap_err();
    assert!(gone.is_not_found() && gone.has_code(3000), "{gone}");
}
