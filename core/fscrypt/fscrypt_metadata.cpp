#include "core/fscrypt/fscrypt_metadata.hpp"

#include <algorithm>
#include <exception>
#include <limits>
#include <optional>
#include <protozero/pbf_reader.hpp>
#include <utility>

#include "core/base/text.hpp"

namespace coldread::fscrypt {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;
using protozero::tag_and_type;

constexpr std::size_t kIvSize = 16;
constexpr std::size_t kSaltSize = 16;
constexpr std::size_t kHmacSize = 32;
constexpr std::size_t kProtectorKeySize = 32;
constexpr std::size_t kPolicyKeySize = 64;
constexpr std::size_t kProtectorDigits = 16;

constexpr auto number_field(protozero::pbf_tag_type tag) { return tag_and_type(tag, pbf_wire_type::varint); }
constexpr auto bytes_field(protozero::pbf_tag_type tag) { return tag_and_type(tag, pbf_wire_type::length_delimited); }

/// Messages as they are written, before anything is checked. A field that comes again replaces what it said before, and
/// a message is merged into it; one of another type than it should have is unknown (protobuf.dev, "Encoding").
struct RawCosts {
  std::int64_t time = 0;
  std::int64_t memory = 0;
  std::int64_t parallelism = 0;
  bool truncation_fixed = false;

  void merge(pbf_reader message) {
    while (message.next()) {
      switch (message.tag_and_type()) {
        case number_field(2): time = message.get_int64(); break;
        case number_field(3): memory = message.get_int64(); break;
        case number_field(4): parallelism = message.get_int64(); break;
        case number_field(5): truncation_fixed = message.get_bool(); break;
        default: message.skip();
      }
    }
  }
};

Bytes bytes_of_field(pbf_reader& message) {
  const auto view = message.get_view();
  const ByteSpan bytes = as_bytes({view.data(), view.size()});
  return {bytes.begin(), bytes.end()};
}

void merge(WrappedKey& key, pbf_reader message) {
  while (message.next()) {
    switch (message.tag_and_type()) {
      case bytes_field(1): key.iv = bytes_of_field(message); break;
      case bytes_field(2): key.encrypted_key = bytes_of_field(message); break;
      case bytes_field(3): key.hmac = bytes_of_field(message); break;
      default: message.skip();
    }
  }
}

struct RawProtector {
  Protector protector;
  std::int32_t source = 0;
  RawCosts costs;

  void merge(pbf_reader message) {
    while (message.next()) {
      switch (message.tag_and_type()) {
        case bytes_field(1): protector.descriptor = message.get_string(); break;
        case number_field(2): source = message.get_enum(); break;
        case bytes_field(3): protector.name = message.get_string(); break;
        case bytes_field(4): costs.merge(message.get_message()); break;
        case bytes_field(5): protector.salt = bytes_of_field(message); break;
        case number_field(6): protector.uid = message.get_int64(); break;
        case bytes_field(7): fscrypt::merge(protector.wrapped, message.get_message()); break;
        default: message.skip();
      }
    }
  }
};

ProtectedPolicyKey read_policy_key(pbf_reader message) {
  ProtectedPolicyKey key;
  while (message.next()) {
    switch (message.tag_and_type()) {
      case bytes_field(1): key.protector = message.get_string(); break;
      case bytes_field(2): merge(key.wrapped, message.get_message()); break;
      default: message.skip();
    }
  }
  return key;
}

struct RawPolicy {
  ProtectedPolicy policy;
  std::int64_t version = 0;

  void merge(pbf_reader message) {
    while (message.next()) {
      switch (message.tag_and_type()) {
        case bytes_field(1): policy.key = message.get_string(); break;
        case bytes_field(2): merge_options(message.get_message()); break;
        case bytes_field(3): policy.keys.push_back(read_policy_key(message.get_message())); break;
        default: message.skip();
      }
    }
  }
  void merge_options(pbf_reader options) {
    while (options.next()) {
      if (options.tag_and_type() == number_field(4)) {
        version = options.get_int64();
      } else {
        options.skip();
      }
    }
  }
};

/// A message of that kind, whole; nothing where it is not protobuf.
template <class Raw>
std::optional<Raw> decode(ByteView message) {
  try {
    Raw raw;
    const std::string_view text = as_chars(message.span());
    raw.merge(pbf_reader(text.data(), text.size()));
    return raw;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

tl::unexpected<Error> damaged(std::string what) { return fail(ErrorKind::kCorrupt, "", std::move(what)); }

std::string digits(std::int64_t number) { return std::to_string(number); }

bool is_descriptor(const std::string& text, std::size_t size) {
  return text.size() == size && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

Result<void> check(const WrappedKey& key, std::size_t size) {
  if (key.encrypted_key.size() != size) {
    return damaged("its encrypted key has " + std::to_string(key.encrypted_key.size()) + " bytes, not " +
                   std::to_string(size));
  }
  if (key.iv.size() != kIvSize) return damaged("its IV has " + std::to_string(key.iv.size()) + " bytes, not 16");
  if (key.hmac.size() != kHmacSize) {
    return damaged("its HMAC has " + std::to_string(key.hmac.size()) + " bytes, not 32");
  }
  return {};
}

Result<HashingCosts> check(const RawCosts& raw) {
  constexpr std::int64_t kMax = std::numeric_limits<std::uint32_t>::max();
  std::int64_t lanes = raw.parallelism;
  if (lanes < 1 || lanes > 255) {
    // The tool once took the lowest 8 bits, whatever it had been told, and goes on to do so for what it wrote then.
    lanes = raw.truncation_fixed ? 0 : lanes & 0xff;
    if (lanes == 0) return damaged("its Argon2id parallelism is " + digits(raw.parallelism) + ", not 1 to 255");
  }
  if (raw.time < 1 || raw.time > kMax) return damaged("its Argon2id time cost is " + digits(raw.time));
  if (raw.memory < 8 * lanes || raw.memory > kMax) {
    return damaged("its Argon2id memory cost is " + digits(raw.memory) + " KiB");
  }
  return HashingCosts{static_cast<std::uint32_t>(raw.time), static_cast<std::uint32_t>(raw.memory),
                      static_cast<std::uint32_t>(lanes)};
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

std::string Protector::source_text() const {
  switch (source) {
    case ProtectorSource::kLogin: return "login passphrase of uid " + std::to_string(uid);
    case ProtectorSource::kPassphrase: return "custom passphrase";
    case ProtectorSource::kRawKey: return "raw key";
  }
  return "";
}

Result<Protector> parse_protector(ByteView message) {
  auto raw = decode<RawProtector>(message);
  if (!raw) return damaged("it is no protobuf message");
  Protector& protector = raw->protector;
  if (raw->source < 1 || raw->source > 3) return damaged("its source is of the unknown kind " + digits(raw->source));
  protector.source = static_cast<ProtectorSource>(raw->source);
  if (protector.source == ProtectorSource::kLogin && protector.uid < 0) {
    return damaged("its user has the negative number " + digits(protector.uid));
  }
  if (protector.source != ProtectorSource::kRawKey) {
    const auto costs = check(raw->costs);
    if (!costs) return fail(costs.error());
    protector.costs = *costs;
    if (protector.salt.size() != kSaltSize) {
      return damaged("its salt has " + std::to_string(protector.salt.size()) + " bytes, not 16");
    }
  }
  if (auto good = check(protector.wrapped, kProtectorKeySize); !good) return fail(std::move(good.error()));
  if (!is_descriptor(protector.descriptor, kProtectorDigits)) return damaged("its descriptor is not of 16 hex digits");
  return std::move(protector);
}

Result<ProtectedPolicy> parse_protected_policy(ByteView message) {
  auto raw = decode<RawPolicy>(message);
  if (!raw) return damaged("it is no protobuf message");
  if (raw->version < 0 || raw->version > 2) return damaged("its policy is of version " + digits(raw->version));
  ProtectedPolicy& policy = raw->policy;
  policy.version = raw->version == 2 ? 2 : 1;  // none means 1
  for (const ProtectedPolicyKey& key : policy.keys) {
    if (auto good = check(key.wrapped, kPolicyKeySize); !good) return fail(std::move(good.error()));
    if (!is_descriptor(key.protector, kProtectorDigits)) {
      return damaged("the descriptor of a protector of it is not of 16 hex digits");
    }
  }
  if (!is_descriptor(policy.key, policy.version == 2 ? 32 : 16)) {
    return damaged("its key's descriptor is not of " + std::string(policy.version == 2 ? "32" : "16") + " hex digits");
  }
  return std::move(policy);
}

Result<ProtectorLink> parse_protector_link(std::string_view text) {
  ProtectorLink link;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || line.find('=', equals + 1) != std::string_view::npos) continue;
    if (line.substr(0, equals) == "UUID") link.uuid = line.substr(equals + 1);
    if (line.substr(0, equals) == "PATH") link.mountpoint = line.substr(equals + 1);
  }
  if (link.uuid.empty() && link.mountpoint.empty()) return damaged("it names no filesystem");
  return link;
}

}  // namespace coldread::fscrypt
