#include "core/volume/posix_acl.hpp"

#include "core/base/little_endian.hpp"

namespace coldread::volume {
namespace {

constexpr std::uint32_t kStoredVersion = 1;
constexpr std::uint32_t kXattrVersion = 2;
constexpr std::uint32_t kUndefinedId = 0xffffffff;

/// e_tag (linux/posix_acl.h).
enum class Tag : std::uint16_t {
  kUserObj = 0x1,
  kUser = 0x2,
  kGroupObj = 0x4,
  kGroup = 0x8,
  kMask = 0x10,
  kOther = 0x20
};

/// struct ext4_acl_entry_short, f2fs_acl_entry_short; a user's or a group's is followed by e_id.
struct RawAclEntry {
  Le16 e_tag;
  Le16 e_perm;
};

/// struct posix_acl_xattr_entry.
struct XattrAclEntry {
  Le16 e_tag;
  Le16 e_perm;
  Le32 e_id;
};
static_assert(sizeof(RawAclEntry) == 4 && sizeof(XattrAclEntry) == 8);

template <class T>
void append(Bytes& bytes, const T& value) {
  const ByteSpan span = bytes_of(value);
  bytes.insert(bytes.end(), span.begin(), span.end());
}

}  // namespace

tl::expected<Bytes, std::string> convert_acl(ByteView stored) {
  const auto version = stored.load<Le32>(0);
  if (!version) return tl::unexpected<std::string>("its access control list has no header");
  if (*version != kStoredVersion) {
    return tl::unexpected<std::string>("its access control list has version " + std::to_string(*version));
  }
  Bytes converted;
  append(converted, Le32(kXattrVersion));
  for (std::uint64_t at = sizeof(Le32); at < stored.size();) {
    const auto entry = stored.load<RawAclEntry>(at);
    if (!entry) return tl::unexpected<std::string>("its access control list ends within an entry");
    at += sizeof(RawAclEntry);
    Le32 id = kUndefinedId;
    switch (static_cast<Tag>(entry->e_tag.get())) {
      case Tag::kUserObj:
      case Tag::kGroupObj:
      case Tag::kMask:
      case Tag::kOther: break;
      case Tag::kUser:
      case Tag::kGroup: {
        const auto stored_id = stored.load<Le32>(at);
        if (!stored_id) return tl::unexpected<std::string>("its access control list ends within an entry");
        id = *stored_id;
        at += sizeof(Le32);
        break;
      }
      default:
        return tl::unexpected<std::string>("its access control list has an entry with tag " +
                                           std::to_string(entry->e_tag));
    }
    append(converted, XattrAclEntry{entry->e_tag, entry->e_perm, id});
  }
  return converted;
}

}  // namespace coldread::volume
