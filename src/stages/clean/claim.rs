//! What a columnar file says of itself before any of its data is read: its columns, its rows, and how much it holds
//! without compression. Files whose claims exceed the budget are not read at all.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, copy, sink};

use flate2::read::DeflateDecoder;
use polars::io::avro::AvroReader;
use polars::prelude::{DataType, IpcReader, ParquetReader, PolarsError, PolarsResult, Schema, SchemaExt, SerReader};
use polars_arrow_format::ipc::planus::ReadAsRoot;
use polars_arrow_format::ipc::{BlockRef, FooterRef, MessageHeaderRef, MessageRef, RecordBatchRef};

use super::columnar::Columnar;
use super::whole::Whole;

/// Longest piece of metadata that is believed: a few names and numbers for each column.
const METADATA: u64 = 64 << 20;

/// What a file says of itself.
pub(super) struct Claim {
    pub schema: Schema,
    /// Rows of each of its groups, and bytes of their values without compression.
    pub groups: Vec<(usize, u64)>,
}

/// Reads the claims of a file; of one that claims more than `most` bytes without compression perhaps only a part of them
/// that is more than that.
pub(super) fn claimed(whole: &Whole, form: Columnar, most: u64) -> PolarsResult<Claim> {
    let groups = match form {
        Columnar::Parquet => {
            let mut reader = ParquetReader::new(whole.reader()?);
            let groups = reader.get_metadata()?.row_groups.iter();
            groups.map(|group| (group.num_rows(), group.total_byte_size() as u64)).collect()
        }
        Columnar::Arrow => vec![of_arrow(&mut whole.reader()?, whole.bytes()?, most)?],
        Columnar::Avro => vec![of_avro(&mut BufReader::new(whole.reader()?), most)?],
    };
    Ok(Claim { schema: schema_of(whole, form)?, groups })
}

/// The columns of a file.
pub(super) fn schema_of(whole: &Whole, form: Columnar) -> PolarsResult<Schema> {
    let reader = whole.reader()?;
    Ok(match form {
        Columnar::Parquet => Schema::from_arrow_schema(ParquetReader::new(reader).schema()?.as_ref()),
        Columnar::Arrow => Schema::from_arrow_schema(IpcReader::new(reader).schema()?.as_ref()),
        Columnar::Avro => {
            let schema = AvroReader::new(reader).schema()?;
            // So many as anybody says, and no bytes.
            if schema.iter_values().any(|ty| matches!(ty, DataType::List(of) if **of == DataType::Null)) {
                return Err(damaged("it has lists of nothing"));
            }
            schema
        }
    })
}

/// Rows and bytes of an Arrow file: at its end stands where its batches are, before each of these how long it is and where
/// its buffers are, and a compressed buffer begins with its length without compression.
/// Source: <https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format>
fn of_arrow(file: &mut (impl Read + Seek), size: u64, most: u64) -> PolarsResult<(usize, u64)> {
    let mut end = [0; 4];
    file.seek(SeekFrom::End(-10))?;
    file.read_exact(&mut end)?;
    let length = i64::from(i32::from_le_bytes(end));
    file.seek(SeekFrom::End(-10 - length))?;
    let footer = take(file, length)?;
    let footer = FooterRef::read_as_root(&footer).map_err(damaged)?;
    let (mut rows, mut bytes, mut metadata) = (0_u64, 0_u64, 0_u64);
    let batches = footer.record_batches().map_err(damaged)?.into_iter().flatten().map(|block| (block, true));
    let dictionaries = footer.dictionaries().map_err(damaged)?.into_iter().flatten().map(|block| (block, false));
    for (block, counts) in batches.chain(dictionaries) {
        // What is there several times is nobody's metadata.
        metadata = metadata.saturating_add(number(block.meta_data_length().into())?);
        if metadata > size {
            return Err(damaged("its batches overlap"));
        }
        if bytes > most {
            break;
        }
        let (held, of_block) = of_batch(file, block)?;
        rows = rows.saturating_add(if counts { held } else { 0 });
        bytes = bytes.saturating_add(of_block);
    }
    Ok((usize::try_from(rows).unwrap_or(usize::MAX), bytes))
}

fn of_batch(file: &mut (impl Read + Seek), block: BlockRef<'_>) -> PolarsResult<(u64, u64)> {
    let (offset, length) = (number(block.offset())?, i64::from(block.meta_data_length()));
    file.seek(SeekFrom::Start(offset))?;
    let metadata = take(file, length)?;
    // The length of the message comes first, and before it, since version 0.15, four bytes of ones.
    let before = if metadata.starts_with(&[0xff; 4]) { 8 } else { 4 };
    let message = metadata.get(before..).ok_or_else(|| damaged("a batch without metadata"))?;
    let message = MessageRef::read_as_root(message).map_err(damaged)?;
    let body = offset.saturating_add(length as u64);
    match message.header().map_err(damaged)? {
        Some(MessageHeaderRef::RecordBatch(batch)) => of_buffers(file, batch, body),
        Some(MessageHeaderRef::DictionaryBatch(dictionary)) => match dictionary.data().map_err(damaged)? {
            Some(batch) => of_buffers(file, batch, body),
            None => Ok((0, 0)),
        },
        _ => Err(damaged("a batch that is none")),
    }
}

fn of_buffers(file: &mut (impl Read + Seek), batch: RecordBatchRef<'_>, body: u64) -> PolarsResult<(u64, u64)> {
    let packed = batch.compression().map_err(damaged)?.is_some();
    let mut bytes = 0_u64;
    for buffer in batch.buffers().map_err(damaged)?.into_iter().flatten() {
        let length = number(buffer.length())?;
        let mut unpacked = length;
        if packed && length >= 8 {
            let mut first = [0; 8];
            file.seek(SeekFrom::Start(body.saturating_add(number(buffer.offset())?)))?;
            file.read_exact(&mut first)?;
            // A buffer that is not compressed all the same says -1.
            unpacked = u64::try_from(i64::from_le_bytes(first)).unwrap_or(length);
        }
        bytes = bytes.saturating_add(unpacked);
    }
    Ok((number(batch.length().map_err(damaged)?)?, bytes))
}

/// Rows and bytes of an Avro file: it is walked through block by block, and unpacked as far as `most`.
/// Source: <https://avro.apache.org/docs/1.12.0/specification/#object-container-files>
fn of_avro(file: &mut impl BufRead, most: u64) -> PolarsResult<(usize, u64)> {
    let mut codec = Vec::new();
    io::copy(&mut file.take(4), &mut sink())?;
    loop {
        let mut entries = varint(file)?;
        if entries == 0 {
            break;
        }
        if entries < 0 {
            // Then their size in bytes follows.
            varint(file)?;
            entries = entries.saturating_neg();
        }
        for _ in 0..entries {
            let (key, value) = (text(file)?, text(file)?);
            if key == b"avro.codec" {
                codec = value;
            }
        }
    }
    io::copy(&mut file.take(16), &mut sink())?;
    let (mut rows, mut bytes) = (0_u64, 0_u64);
    while !file.fill_buf()?.is_empty() && bytes <= most {
        let (count, size) = (number(varint(file)?)?, number(varint(file)?)?);
        let mut block = file.take(size);
        let unpacked = match codec.as_slice() {
            b"deflate" => copy(&mut DeflateDecoder::new(&mut block).take(most.saturating_add(1)), &mut sink())?,
            b"snappy" => length_of_snappy(&mut block)?,
            _ => size,
        };
        copy(&mut block, &mut sink())?;
        if block.limit() > 0 {
            return Err(damaged("a block is cut off"));
        }
        io::copy(&mut file.take(16), &mut sink())?;
        (rows, bytes) = (rows.saturating_add(count), bytes.saturating_add(unpacked));
    }
    Ok((usize::try_from(rows).unwrap_or(usize::MAX), bytes))
}

/// What a block of Snappy begins with: its length without compression, seven bits a byte.
fn length_of_snappy(block: &mut impl Read) -> io::Result<u64> {
    let mut length = 0_u64;
    for shift in (0..35).step_by(7) {
        let mut byte = [0];
        block.read_exact(&mut byte)?;
        length |= u64::from(byte[0] & 0x7f) << shift;
        if byte[0] < 0x80 {
            break;
        }
    }
    Ok(length)
}

/// A number as Avro writes it: seven bits a byte, the lowest first, the sign in the lowest of all.
fn varint(file: &mut impl Read) -> PolarsResult<i64> {
    let mut bits = 0_u64;
    for shift in (0..64).step_by(7) {
        let mut byte = [0];
        file.read_exact(&mut byte)?;
        bits |= u64::from(byte[0] & 0x7f) << shift;
        if byte[0] < 0x80 {
            return Ok((bits >> 1) as i64 ^ -((bits & 1) as i64));
        }
    }
    Err(damaged("a number without end"))
}

fn text(file: &mut impl Read) -> PolarsResult<Vec<u8>> {
    let length = varint(file)?;
    take(file, length)
}

/// The next `length` bytes.
fn take(file: &mut impl Read, length: i64) -> PolarsResult<Vec<u8>> {
    let length = number(length)?;
    if length > METADATA {
        return Err(damaged("its metadata is longer than anything it may say"));
    }
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < length { Err(damaged("its metadata is cut off")) } else { Ok(bytes) }
}

fn number(claim: i64) -> PolarsResult<u64> {
    u64::try_from(claim).map_err(|_| damaged("a negative size"))
}

fn damaged(what: impl std::fmt::Display) -> PolarsError {
    PolarsError::ComputeError(what.to_string().into())
}
