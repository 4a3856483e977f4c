#include "core/fscrypt/contents_step.hpp"

#include <algorithm>
#include <utility>

#include "core/base/checked.hpp"
#include "core/fscrypt/file_cipher.hpp"

namespace coldread::fscrypt {
namespace {

using read::ByteRange;
using read::ExtentKind;
using read::Window;

/// A compressed cluster is encrypted after it was compressed, in the data units in which it is stored.
bool is_ciphertext(ExtentKind kind) { return kind == ExtentKind::kStored || kind == ExtentKind::kCompressed; }

class ContentsStep final : public read::Step {
 public:
  ContentsStep(FileCipher cipher, std::uint32_t unit) : cipher_(std::move(cipher)), unit_(unit) {}

  [[nodiscard]] read::StepKind kind() const override { return read::StepKind::kDecrypt; }
  [[nodiscard]] std::uint32_t unit() const override { return unit_; }
  void apply(Window& window) const override;

 private:
  void decrypt_run(Window& window, std::uint64_t begin, std::uint64_t end, std::size_t earlier_faults) const;
  void refuse(Window& window, std::uint64_t begin, std::uint64_t end, const char* reason) const;

  FileCipher cipher_;
  std::uint32_t unit_;
};

void ContentsStep::apply(Window& window) const {
  const std::size_t earlier_faults = window.faults.size();
  for (std::size_t i = 0; i < window.extents.size();) {
    const read::Extent& first = window.extents[i];
    const std::uint64_t begin = std::max(first.file_offset, window.offset);
    std::uint64_t end = std::min(first.file_end(), window.end());
    ++i;
    if (begin >= end) continue;
    if (first.kind == ExtentKind::kInline) refuse(window, begin, end, "inline data cannot be encrypted contents");
    if (!is_ciphertext(first.kind)) continue;
    // Extents that touch are one run: a fragmented file is decrypted as a contiguous one is.
    while (i < window.extents.size() && is_ciphertext(window.extents[i].kind) && window.extents[i].file_offset == end) {
      end = std::min(window.extents[i++].file_end(), window.end());
    }
    decrypt_run(window, begin, end, earlier_faults);
  }
}

void ContentsStep::decrypt_run(Window& window, std::uint64_t begin, std::uint64_t end,
                               std::size_t earlier_faults) const {
  const std::uint64_t first = round_up(begin, unit_);
  const std::uint64_t last = round_down(end, unit_);
  if (begin < first) refuse(window, begin, std::min(first, end), "a data unit is only partly stored");
  if (last < end && last >= first) refuse(window, last, end, "a data unit is only partly stored");

  if (first >= last) return;
  const auto decryptor = cipher_.cipher->decryptor();
  for (std::uint64_t at = first; at < last; at += unit_) {
    if (earlier_faults != 0 && window.failed(at, unit_)) continue;
    const auto iv = cipher_.ivs.iv(at / unit_);
    if (!iv) {
      refuse(window, at, at + unit_, "the data unit's number does not fit into its IV");
    } else if (!decryptor->decrypt(*iv, window.at(at, unit_))) {
      refuse(window, at, at + unit_, "the cipher's library could not decrypt it");
    }
  }
}

// What cannot be decrypted is not content: a unit is decrypted or it is zeros.
void ContentsStep::refuse(Window& window, std::uint64_t begin, std::uint64_t end, const char* reason) const {
  const std::uint64_t first = std::max(round_down(begin, unit_), window.offset);
  const std::uint64_t last = std::min(round_up(end, unit_), window.end());
  for (std::uint64_t at = first; at < last; at += unit_) {
    if (window.failed(at, unit_)) continue;
    const MutableByteSpan bytes = window.at(at, unit_);
    std::fill(bytes.begin(), bytes.end(), std::byte{0});
    window.faults.push_back({{at, unit_}, read::StepKind::kDecrypt, reason});
  }
}

}  // namespace

Result<std::unique_ptr<const read::Step>> make_contents_step(const Context& context, const MasterKey& key,
                                                             const FileIdentity& file) {
  auto cipher = make_file_cipher(context, Use::kContents, key, file);
  if (!cipher) return fail(std::move(cipher.error()));
  return std::make_unique<const ContentsStep>(std::move(*cipher), context.policy.data_unit_size);
}

}  // namespace coldread::fscrypt
