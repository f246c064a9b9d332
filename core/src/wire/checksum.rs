//! CRC-32C, at the end of every message: a single flipped bit in gossip state once stopped a whole
//! storage service for hours, and not every transport checks.

/// The checksum of `bytes`, by whatever the processor is fastest with.
#[cfg(not(target_os = "none"))]
pub(crate) fn crc32c(bytes: &[u8]) -> u32 {
    crc_fast::crc32_iscsi(bytes)
}

/// The checksum of `bytes`, by a table: there is nobody to ask what the processor can do.
#[cfg(target_os = "none")]
pub(crate) fn crc32c(bytes: &[u8]) -> u32 {
    const TABLE: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISCSI);
    TABLE.checksum(bytes)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checksum_is_crc_32c() {
        assert_eq!(super::crc32c(b"123456789"), 0xe306_9283);
    }
}
