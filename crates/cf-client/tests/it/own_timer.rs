//! The client without tokio: with a custom transport, timer and executor.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use cf_client::transport::transport_fn;
use cf_client::{Body, Client, Sleep, Timer};
use http::Response;

/// Time that passes when somebody waits for it.
#[derive(Debug, Clone)]
struct Leaping {
    start: Instant,
    passed: Arc<Mutex<Duration>>,
}

impl Timer for Leaping {
    fn sleep(&self, time: Duration) -> Sleep {
        let passed = Arc::clone(&self.passed);
        Box::pin(async move { *passed.lock().unwrap() += time })
    }

    fn now(&self) -> Instant {
        self.start + *self.passed.lock().unwrap()
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn waits_and_limits_follow_the_timer() {
    let timer = Leaping {
        start: Instant::now(),
        passed: Arc::default(),
    };
    let attempts = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&attempts);
    let client = Client::builder()
        .api_token("cfut_test")
        .timer(timer.clone())
        .transport(transport_fn(move |_| {
            let number = seen.fetch_add(1, Ordering::Relaxed);
            async move {
                let mut response =
                    Response::new(Body::from(r#"{"success":true,"result":{"id":"1"}}"#));
                match number {
                    0 => {
                        *response.status_mut() = http::StatusCode::TOO_MANY_REQUESTS;
                        response
                            .headers_mut()
                            .insert("retry-after", "40".parse().unwrap());
                    }
                    1 => std::future::pending::<()>().await,
                    _ => {}
                }
                Ok(response)
            }
        }))
        .build()
        .unwrap();
    let (zone, meta) = block_on(client.zones().get("1").with_meta().into_future()).unwrap();
    assert_eq!(zone.id, "1");
    assert_eq!((meta.retries(), attempts.load(Ordering::Relaxed)), (2, 3));
    // What the server asked for, and the attempt that never ended.
    assert!(
        meta.elapsed() >= Duration::from_secs(40 + 60),
        "{:?}",
        meta.elapsed()
    );
    assert!(
        meta.elapsed() < Duration::from_secs(40 + 60 + 3),
        "{:?}",
        meta.elapsed()
    );
}
