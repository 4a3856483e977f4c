#pragma once

#include <string>
#include <tl/expected.hpp>

#include "core/base/byte_view.hpp"

namespace coldread::volume {

/// An access control list from the form of ext4 and f2fs (version 1, entries of 4 or 8 bytes;
/// Documentation/filesystems/ext4/attributes.rst, "POSIX ACLs") into the one that getxattr(2) gives (version 2, entries
/// of 8 bytes; linux/posix_acl_xattr.h). Returns the reason, as part of a sentence, where it is damaged.
[[nodiscard]] tl::expected<Bytes, std::string> convert_acl(ByteView stored);

}  // namespace coldread::volume
