//! What is ready together goes out together: fewer packets, each encrypted by itself, and fewer calls of the system.

use tokio::sync::mpsc;
use tokio::task::yield_now;

/// Frames that are written together, at most: all calls that may be under way on a stream.
const GATHERED_FRAMES: usize = 64;

/// Waits for the first item, lets whoever is ready to add another go first, and takes all. 0 when there will be no more.
///
/// A group of answers becomes ready at once, when the log has synced; without the pause, the first of them would go out alone.
/// Dropped before it is done, it has either taken nothing or put all it took into `items`.
pub(crate) async fn gather<T>(queue: &mut mpsc::Receiver<T>, items: &mut Vec<T>) -> usize {
    if queue.recv_many(items, GATHERED_FRAMES).await == 0 {
        return 0;
    }
    yield_now().await;
    while items.len() < GATHERED_FRAMES
        && let Ok(another) = queue.try_recv()
    {
        items.push(another);
    }
    items.len()
}
