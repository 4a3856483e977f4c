#include "fs/ext4/dirhash.hpp"

#include <algorithm>
#include <bit>

#include "core/volume/name_hash.hpp"

namespace coldread::ext4 {
namespace {

using State = volume::HashState;

// The one hash that directory positions keep for "end of directory" is never given to a name.
constexpr std::uint32_t kEndOfDirectory = 0x7fffffffu << 1;

/// MD4 (RFC 1320, section 3.4) with eight steps a round instead of sixteen, over eight words instead of sixteen.
void half_md4(State& state, const std::array<std::uint32_t, 8>& in) {
  struct Round {
    std::uint32_t constant;
    std::array<std::uint8_t, 8> order;
    std::array<int, 4> shifts;
  };
  static constexpr std::array<Round, 3> kRounds = {{
      {0, {0, 1, 2, 3, 4, 5, 6, 7}, {3, 7, 11, 19}},
      {0x5A827999, {1, 3, 5, 7, 0, 2, 4, 6}, {3, 5, 9, 13}},
      {0x6ED9EBA1, {3, 7, 2, 6, 1, 5, 0, 4}, {3, 9, 11, 15}},
  }};
  State s = state;
  for (std::size_t round = 0; round < kRounds.size(); ++round) {
    for (std::size_t step = 0; step < 8; ++step) {
      // Step by step, the registers take turns: a, d, c, b.
      std::uint32_t& a = s[(8 - step) % 4];
      const std::uint32_t b = s[(9 - step) % 4], c = s[(10 - step) % 4], d = s[(11 - step) % 4];
      const std::uint32_t mixed = round == 0 ? (b & c) | (~b & d) : round == 1 ? (b & c) + ((b ^ c) & d) : b ^ c ^ d;
      a = std::rotl(a + mixed + in[kRounds[round].order[step]] + kRounds[round].constant,
                    kRounds[round].shifts[step % 4]);
    }
  }
  for (std::size_t i = 0; i < 4; ++i) state[i] += s[i];
}

/// The hash of the first indexed directories.
std::uint32_t legacy(ByteSpan name, bool unsigned_bytes) {
  std::uint32_t before = 0x37abe8f9, hash = 0x12a3fe2d;
  for (const std::byte byte : name) {
    std::uint32_t next = before + (hash ^ (volume::hash_number(byte, unsigned_bytes) * 7152373u));
    if (next & 0x80000000u) next -= 0x7fffffffu;
    before = hash;
    hash = next;
  }
  return hash << 1;
}

}  // namespace

std::optional<HashVersion> hash_version(std::uint8_t version, bool unsigned_bytes) {
  if (version > static_cast<std::uint8_t>(HashVersion::kTea)) return std::nullopt;
  return static_cast<HashVersion>(version + (unsigned_bytes ? 3 : 0));
}

std::array<std::uint32_t, 2> dirhash(ByteView name, const HashRule& rule) {
  const bool seeded = std::any_of(rule.seed.begin(), rule.seed.end(), [](std::uint32_t word) { return word != 0; });
  const State seed = seeded ? rule.seed : volume::kDefaultHashSeed;
  std::uint32_t hash = 0, minor = 0;
  switch (rule.version) {
    case HashVersion::kLegacy:
    case HashVersion::kLegacyUnsigned: hash = legacy(name.span(), rule.version == HashVersion::kLegacyUnsigned); break;
    case HashVersion::kHalfMd4:
    case HashVersion::kHalfMd4Unsigned: {
      const State state =
          volume::run_hash<8>(name.span(), rule.version == HashVersion::kHalfMd4Unsigned, seed, half_md4);
      hash = state[1];
      minor = state[2];
      break;
    }
    case HashVersion::kTea:
    case HashVersion::kTeaUnsigned: {
      const State state =
          volume::run_hash<4>(name.span(), rule.version == HashVersion::kTeaUnsigned, seed, volume::tea);
      hash = state[0];
      minor = state[1];
      break;
    }
  }
  hash &= ~1u;
  if (hash == kEndOfDirectory) hash -= 2;
  return {hash, minor};
}

}  // namespace coldread::ext4
