use std::io;

use brotli_decompressor::{
    Allocator, BrotliDecoderErrorCode as Code, BrotliDecompressStream, BrotliResult, BrotliState,
    SliceWrapper, SliceWrapperMut,
};
use compression_codecs::DecodeV2;
use compression_codecs::core::util::{PartialBuffer, WriteBuffer};

/// A brotli decoder that takes no memory for more decoded data than a reply may have.
///
/// It holds decoded data before any comes out: blocks of up to 16 MiB, whose length is announced before them. Its
/// buffer is the smallest power of two for the blocks so far, or the window. A buffer of more than twice the limit
/// therefore means a reply beyond the limit, and is not allocated.
pub(super) struct BrotliDecoder {
    state: Box<BrotliState<Bounded, Bounded, Bounded>>,
    limit: u64,
}

/// Room for what else is allocated in bytes: context maps, and some slack behind the buffer.
const TABLES: usize = 128 * 1024;

impl BrotliDecoder {
    pub(super) fn new(limit: u64) -> Self {
        let state = Self::state(limit);
        Self { state, limit }
    }

    fn state(limit: u64) -> Box<BrotliState<Bounded, Bounded, Bounded>> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let bytes = Bounded(limit.saturating_mul(2).saturating_add(TABLES));
        // Prefix codes, a few MiB by the format.
        let codes = Bounded(usize::MAX);
        // Strict: without the extension by which a reply can ask for a window of 1 GiB.
        Box::new(BrotliState::new_strict(bytes, codes, codes))
    }
}

impl DecodeV2 for BrotliDecoder {
    fn reinit(&mut self) -> io::Result<()> {
        self.state = Self::state(self.limit);
        Ok(())
    }

    fn decode(
        &mut self,
        input: &mut PartialBuffer<&[u8]>,
        output: &mut WriteBuffer<'_>,
    ) -> io::Result<bool> {
        let (source, target) = (input.unwritten(), output.initialize_unwritten());
        let (mut read, mut written) = (0, 0);
        let result = BrotliDecompressStream(
            &mut source.len(),
            &mut read,
            source,
            &mut target.len(),
            &mut written,
            target,
            &mut 0,
            &mut self.state,
        );
        input.advance(read);
        output.advance(written);
        match (result, self.state.error_code) {
            (BrotliResult::ResultSuccess, _) => Ok(true),
            (BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput, _) => Ok(false),
            (
                BrotliResult::ResultFailure,
                Code::BROTLI_DECODER_ERROR_ALLOC_RING_BUFFER_1
                | Code::BROTLI_DECODER_ERROR_ALLOC_RING_BUFFER_2,
            ) => Err(io::ErrorKind::FileTooLarge.into()),
            (BrotliResult::ResultFailure, code) => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{code:?}"),
            )),
        }
    }

    fn flush(&mut self, output: &mut WriteBuffer<'_>) -> io::Result<bool> {
        self.decode(&mut PartialBuffer::new(&[]), output)
    }

    fn finish(&mut self, output: &mut WriteBuffer<'_>) -> io::Result<bool> {
        self.decode(&mut PartialBuffer::new(&[]), output)
    }
}

/// Refuses to allocate more than this at once.
#[derive(Clone, Copy)]
struct Bounded(usize);

impl<T: Clone + Default> Allocator<T> for Bounded {
    type AllocatedMemory = Memory<T>;

    fn alloc_cell(&mut self, len: usize) -> Memory<T> {
        Memory(if len > self.0 {
            Vec::new()
        } else {
            vec![T::default(); len]
        })
    }

    fn free_cell(&mut self, memory: Memory<T>) {
        drop(memory);
    }
}

struct Memory<T>(Vec<T>);

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> SliceWrapper<T> for Memory<T> {
    fn slice(&self) -> &[T] {
        &self.0
    }
}

impl<T> SliceWrapperMut<T> for Memory<T> {
    fn slice_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}
