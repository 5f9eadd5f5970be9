//! Pages: what is told in one answer, so that no answer is larger than its reader takes.

use pod_protocol::codec::MAX_ANSWER_BYTES;

use crate::fault::Fault;

/// Bytes after which a page ends: half of the longest answer. The other half is for the one that goes beyond, and for what
/// stands on every page.
const PAGE_BYTES: usize = MAX_ANSWER_BYTES / 2;

/// Fills a page from the one behind the first `skip` on. `add` puts one onto the page and says how many bytes it takes there.
/// Gives how many the next page leaves out; none when there is none. A page has at least one, if there is one.
pub(super) fn fill<T>(
    all: impl IntoIterator<Item = T>,
    skip: u64,
    mut add: impl FnMut(T) -> Result<usize, Fault>,
) -> Result<Option<u64>, Fault> {
    let (mut bytes, mut next_skip) = (0, skip);
    for one in all.into_iter().skip(usize::try_from(skip).unwrap_or(usize::MAX)) {
        if bytes >= PAGE_BYTES {
            return Ok(Some(next_skip));
        }
        bytes += add(one)?;
        next_skip += 1;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{PAGE_BYTES, fill};

    fn page(sizes: &[usize], skip: u64) -> (Vec<usize>, Option<u64>) {
        let mut on_it = Vec::new();
        let next_skip = fill(sizes, skip, |size| {
            on_it.push(*size);
            Ok(*size)
        });
        (on_it, next_skip.unwrap())
    }

    #[test]
    fn pages_end_by_bytes_and_miss_nothing() {
        let half = PAGE_BYTES / 2;
        let sizes = [half, half, PAGE_BYTES, 1, half];
        assert_eq!(page(&sizes, 0), (vec![half, half], Some(2)));
        assert_eq!(page(&sizes, 2), (vec![PAGE_BYTES], Some(3)));
        assert_eq!(page(&sizes, 3), (vec![1, half], None));
        assert_eq!(page(&sizes, 5), (vec![], None));
        assert_eq!(page(&sizes, u64::MAX), (vec![], None));
        assert_eq!(page(&[], 0), (vec![], None));
    }
}
