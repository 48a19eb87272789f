//! From a local file, or from another object, to an object, with bounded memory.

use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use tokio::fs::File;
use tokio::io::AsyncReadExt;

/// So much is sent at a time. S3 takes at most 10,000 pieces of an object: with these, 160 GB.
const PIECE: u64 = 16 << 20;
/// Most bytes of an object that every store copies by itself.
pub(super) const COPIED: u64 = 5 << 30;

/// Writes the object `name` from `file`: a small one at once, a large one in pieces that become an object together or
/// not at all.
pub(super) async fn file(store: &dyn ObjectStore, mut from: File, name: &Path) -> object_store::Result<()> {
    let mut bytes = Vec::new();
    (&mut from).take(PIECE).read_to_end(&mut bytes).await.map_err(at)?;
    if (bytes.len() as u64) < PIECE {
        return store.put(name, bytes.into()).await.map(drop);
    }
    let pieces = stream::try_unfold((from, bytes), async |(mut from, piece)| {
        let mut bytes = Vec::new();
        (&mut from).take(PIECE).read_to_end(&mut bytes).await.map_err(at)?;
        Ok((!piece.is_empty()).then_some((piece.into(), (from, bytes))))
    });
    in_pieces(store, name, pieces.boxed()).await
}

/// Writes the object `name` from the object `from` of so many `bytes`, through this machine: S3 copies no object above
/// 5 GiB by itself.
pub(super) async fn object(store: &dyn ObjectStore, from: &Path, bytes: u64, name: &Path) -> object_store::Result<()> {
    let ranges = (0..bytes.div_ceil(PIECE)).map(move |n| n * PIECE..bytes.min((n + 1) * PIECE));
    let pieces = stream::iter(ranges).then(move |range| async move { store.get_range(from, range).await });
    in_pieces(store, name, pieces.map_ok(PutPayload::from).boxed()).await
}

/// Sends piece after piece.
async fn in_pieces(
    store: &dyn ObjectStore,
    name: &Path,
    mut pieces: BoxStream<'_, object_store::Result<PutPayload>>,
) -> object_store::Result<()> {
    let mut upload = store.put_multipart(name).await?;
    let sent = async {
        while let Some(piece) = pieces.try_next().await? {
            upload.put_part(piece).await?;
        }
        upload.complete().await.map(drop)
    };
    let sent = sent.await;
    if sent.is_err() {
        // What the pieces take up; the store drops them itself one day where this fails too.
        let _ = upload.abort().await;
    }
    sent
}

fn at(error: std::io::Error) -> object_store::Error {
    object_store::Error::Generic { store: "file", source: Box::new(error) }
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;

    #[tokio::test]
    async fn an_object_of_several_pieces_is_copied_whole() {
        let store = InMemory::new();
        let (from, to) = (Path::from("from"), Path::from("to"));
        let bytes: Vec<u8> = (0..2 * PIECE + 7).map(|n| (n % 251) as u8).collect();
        store.put(&from, bytes.clone().into()).await.unwrap();
        object(&store, &from, bytes.len() as u64, &to).await.unwrap();
        assert_eq!(store.get(&to).await.unwrap().bytes().await.unwrap(), bytes);
    }
}
