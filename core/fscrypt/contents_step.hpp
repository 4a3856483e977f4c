#pragma once

#include <memory>

#include "core/base/error.hpp"
#include "core/fscrypt/context.hpp"
#include "core/fscrypt/file_identity.hpp"
#include "core/fscrypt/master_key.hpp"
#include "core/read/reader.hpp"

namespace coldread::fscrypt {

/// The step that decrypts a file's contents in place (fscrypt.rst, "Contents encryption"): each data unit with its own
/// number, counted from the file's start. Stored extents alone are decrypted; holes and unwritten extents stay zeros.
/// Inline extents, and data units that are only partly stored, cannot hold encrypted contents: they become faults.
/// Errors: those of make_file_cipher().
[[nodiscard]] Result<std::unique_ptr<const read::Step>> make_contents_step(const Context& context, const MasterKey& key,
                                                                           const FileIdentity& file);

}  // namespace coldread::fscrypt
