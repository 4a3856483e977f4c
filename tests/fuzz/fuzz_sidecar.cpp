#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "core/extract/content.hpp"
#include "core/extract/sidecar_names.hpp"
#include "core/extract/sidecar_volume.hpp"
#include "core/source/memory_source.hpp"
#include "fs/verity.hpp"
#include "tests/fuzz/fixed_key.hpp"
#include "tests/fuzz/fuzz_target.hpp"

// A report that is read back, and the ciphertext after it: read_sidecar, decrypt_name, decrypt_target, SidecarVolume.

namespace coldread::fuzz {
namespace {

constexpr std::size_t kMaxText = 1 << 16;
constexpr std::uint64_t kMaxSize = 4 << 20;

void decrypt(const report::SidecarFilesystem& filesystem, const report::SidecarEntry& entry, ByteView stored,
             const fscrypt::KeyRing& keys) {
  const auto find = [](const report::SidecarFilesystem& of, const volume::InodeFacts& facts, std::uint64_t mapped_end,
                       const read::Reader& past_eof) {
    return fs::find_verity(of.type, of.block_size, facts, mapped_end, past_eof);
  };
  const auto volume =
      extract::SidecarVolume::make(filesystem, entry, std::make_shared<source::MemorySource>(stored.copy()), find);
  if (!volume) return;
  require(entry.size <= stored.size(), "a file is not longer than what is stored of it");
  const auto encryption = extract::find_encryption((*volume)->inode(), keys, (*volume)->facts());
  if (!encryption || (*encryption)->key == nullptr) return;
  const auto plan = extract::plan_content(**volume, (*volume)->inode(), &**encryption, read::kMinPageSize);
  require(plan.reader->size() == entry.size, "content ends where the report says");
  Bytes buffer(std::max<std::size_t>(plan.reader->window_size(), kMaxSize));
  read::Window window;
  for (std::uint64_t at = 0; at < std::min(entry.size, kMaxSize); at += plan.reader->window_size()) {
    plan.reader->read(at, buffer, window);
    for (const read::BlockFault& fault : window.faults) {
      require(fault.range.length != 0 && !fault.reason.empty(), "a fault has a range and a reason");
    }
  }
}

}  // namespace
}  // namespace coldread::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace fuzz = coldread::fuzz;
  namespace report = coldread::report;
  fuzz::Input input(data, size);
  const auto length = std::min<std::size_t>(input.number<std::uint32_t>(), fuzz::kMaxText);
  std::istringstream text(input.take(length).str());
  const coldread::ByteView stored = input.rest();
  coldread::fscrypt::KeyRing keys;
  fuzz::require(keys.add(fuzz::fixed_key(), "fixed").has_value(), "the seeds' key is one");

  const auto sidecar =
      report::read_sidecar(text, [&](const report::SidecarFilesystem& filesystem, const report::SidecarEntry& entry) {
        if (!entry.ciphertext || !entry.malformed.empty()) return false;
        if (entry.ciphertext->name) {
          const auto name = coldread::extract::decrypt_name(filesystem, *entry.ciphertext->name, keys);
          fuzz::require(!name || (!name->empty() && name->find('/') == std::string::npos), "a name is one");
        }
        if (entry.ciphertext->target) static_cast<void>(coldread::extract::decrypt_target(filesystem, entry, keys));
        return true;
      });
  if (!sidecar) {
    fuzz::require(sidecar.error().what.find("no report of coldread") != std::string::npos, "what is wrong is said");
    return 0;
  }
  fuzz::require(sidecar->entries.size() <= report::Sidecar::kMost, "memory is bounded");
  for (std::size_t i = 0; i < std::min<std::size_t>(sidecar->entries.size(), 4); ++i) {
    const report::SidecarEntry& entry = sidecar->entries[i];
    fuzz::decrypt(sidecar->filesystems.at(entry.filesystem), entry, stored, keys);
  }
  return 0;
}
