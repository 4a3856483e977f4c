#pragma once

#include <memory>

#include "core/read/cluster_decoder.hpp"
#include "core/read/compression.hpp"

namespace coldread::codec {

/// Decodes clusters as f2fs stores them: a header of 24 bytes, the compressed data, zeros up to the end of the block.
/// A checksum that does not match is a problem of whole output: the kernel notes it and returns the content.
/// Source: struct compress_data and f2fs_decompress_cluster() of Linux' fs/f2fs.
[[nodiscard]] std::unique_ptr<const read::ClusterDecoder> make_cluster_decoder(const read::Compression& compression);

}  // namespace coldread::codec
