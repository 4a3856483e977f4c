#include "core/volume/name_hash.hpp"

namespace coldread::volume {

void tea(HashState& state, const std::array<std::uint32_t, 4>& key) {
  std::uint32_t sum = 0, y = state[0], z = state[1];
  for (int cycle = 0; cycle < 16; ++cycle) {
    sum += 0x9E3779B9;
    y += ((z << 4) + key[0]) ^ (z + sum) ^ ((z >> 5) + key[1]);
    z += ((y << 4) + key[2]) ^ (y + sum) ^ ((y >> 5) + key[3]);
  }
  state[0] += y;
  state[1] += z;
}

}  // namespace coldread::volume
