#include "fs/f2fs/dentries.hpp"

namespace coldread::f2fs {

DentryArea::DentryArea(ByteView area) : area_(area) {
  constexpr std::uint64_t kBitsPerEntry = (sizeof(RawDirEntry) + kSlotLen) * 8 + 1;
  slots_ = static_cast<std::uint32_t>(area.size() * 8 / kBitsPerEntry);
  names_at_ = area.size() - std::uint64_t{slots_} * kSlotLen;
  entries_at_ = names_at_ - std::uint64_t{slots_} * sizeof(RawDirEntry);
}

bool DentryArea::in_use(std::uint32_t slot) const {
  return slot < slots_ && (*area_.byte(slot / 8) & (1u << (slot % 8))) != 0;
}

RawDirEntry DentryArea::raw(std::uint32_t slot) const {
  return *area_.load<RawDirEntry>(entries_at_ + std::uint64_t{slot} * sizeof(RawDirEntry));
}

std::string DentryArea::name(std::uint32_t slot, std::size_t length) const {
  return area_.sub(names_at_ + std::uint64_t{slot} * kSlotLen, length)->str();
}

void DentryArea::each(const std::function<void(const Entry&)>& take,
                      const std::function<void(std::uint32_t, const std::string&)>& fault) const {
  for (std::uint32_t slot = 0; slot < slots_;) {
    if (!in_use(slot)) {
      ++slot;
      continue;
    }
    const RawDirEntry entry = raw(slot);
    const std::size_t length = entry.name_len;
    if (length == 0) {
      // Slots behind an entry may be in use without one of their own only where a name covers them.
      fault(slot, "an entry's name_len is 0");
      ++slot;
      continue;
    }
    const std::uint32_t taken = slots_of(length);
    if (length > kNameLen || taken > slots_ - slot) {
      fault(slot, "an entry's name_len is " + std::to_string(length) + "; the rest of the block is not read");
      return;
    }
    take({slot, entry, name(slot, length)});
    slot += taken;
  }
}

}  // namespace coldread::f2fs
