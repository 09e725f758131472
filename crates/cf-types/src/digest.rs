//! A fast hash, to see whether the same bytes come again within one list.

/// It does not resist deliberate collisions: with those, a server could only fool its own client.
pub(crate) fn of(bytes: &[u8]) -> u64 {
    let (blocks, rest) = bytes.as_chunks::<16>();
    let mut last = [0; 16];
    last[..rest.len()].copy_from_slice(rest);
    let seed = bytes.len() as u64;
    blocks.iter().chain([&last]).fold(seed, mix)
}

/// Multiplies the halves of a block, each blurred, and folds the 128 bits of the product.
fn mix(hash: u64, block: &[u8; 16]) -> u64 {
    const BLUR: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xC2B2_AE3D_27D4_EB4F];
    let block = u128::from_le_bytes(*block);
    let low = block as u64 ^ hash ^ BLUR[0];
    let high = (block >> 64) as u64 ^ hash.rotate_left(32) ^ BLUR[1];
    let product = u128::from(low) * u128::from(high);
    product as u64 ^ (product >> 64) as u64
}
