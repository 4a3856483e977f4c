#include "core/read/page_reader.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/base/checked.hpp"

namespace coldread::read {

std::string_view to_string(StepKind step) {
  switch (step) {
    case StepKind::kMap: return "map";
    case StepKind::kRead: return "read";
    case StepKind::kDecrypt: return "decrypt";
    case StepKind::kDecompress: return "decompress";
    case StepKind::kVerity: return "verity";
  }
  return "read";
}

bool Window::failed(std::uint64_t begin, std::uint64_t length) const {
  return std::any_of(faults.begin(), faults.end(), [&](const BlockFault& f) {
    return f.range.offset < begin + length && begin < f.range.offset + f.range.length;
  });
}

PageReader::PageReader(std::unique_ptr<const Reader> reader, std::uint32_t page_size)
    : reader_(std::move(reader)),
      page_size_(page_size),
      window_size_(std::max({kMinWindowSize, page_size, reader_->unit()})) {}

std::uint64_t PageReader::page_count() const { return size() / page_size_ + (size() % page_size_ != 0 ? 1 : 0); }

void PageReader::read(std::uint64_t offset, MutableByteSpan buffer, Window& window) const {
  const std::uint64_t wanted = offset < size() ? std::min<std::uint64_t>(window_size_, size() - offset) : 0;
  // A reader's unit may be larger than the page (64 KiB blocks under 4 KiB pages), and the other way round.
  const std::uint64_t filled = round_up(wanted, std::max(page_size_, reader_->unit()));
  window.offset = offset;
  window.bytes = buffer.first(static_cast<std::size_t>(filled));
  reader_->fill(window);
  const MutableByteSpan past_end = window.bytes.subspan(static_cast<std::size_t>(wanted));
  std::fill(past_end.begin(), past_end.end(), std::byte{0});
  window.bytes = window.bytes.first(static_cast<std::size_t>(round_up(wanted, page_size_)));
  sort_and_merge(window.faults);
  sort_and_merge(window.refused);
}

void sort_and_merge(std::vector<BlockFault>& faults) {
  if (faults.size() < 2) return;
  std::sort(faults.begin(), faults.end(), [](const BlockFault& a, const BlockFault& b) {
    return std::tie(a.range.offset, a.step, a.range.length) < std::tie(b.range.offset, b.step, b.range.length);
  });
  std::vector<BlockFault> merged;
  for (BlockFault& f : faults) {
    if (!merged.empty() && merged.back().step == f.step && merged.back().reason == f.reason &&
        f.range.offset <= merged.back().range.offset + merged.back().range.length) {
      ByteRange& last = merged.back().range;
      last.length = std::max(last.offset + last.length, f.range.offset + f.range.length) - last.offset;
    } else {
      merged.push_back(std::move(f));
    }
  }
  faults = std::move(merged);
}

void BadPageCount::add(const std::vector<BlockFault>& sorted_faults) {
  for (const BlockFault& f : sorted_faults) {
    const std::uint64_t end = std::min(f.range.offset + f.range.length, size_);
    if (f.range.offset >= end) continue;
    const std::uint64_t first = std::max(f.range.offset / page_size_, next_page_);
    const std::uint64_t last = (end - 1) / page_size_;
    if (first > last) continue;
    count_ += last - first + 1;
    next_page_ = last + 1;
  }
}

Result<Bytes> read_whole(const Reader& reader, std::uint64_t offset, std::uint64_t length) {
  const std::uint64_t end = std::min(checked_add(offset, length).value_or(reader.size()), reader.size());
  if (offset >= end) return Bytes{};
  const std::uint64_t begin = round_down(offset, reader.unit());
  Bytes buffer(static_cast<std::size_t>(round_up(end, reader.unit()) - begin));
  Window window;
  window.offset = begin;
  window.bytes = buffer;
  reader.fill(window);
  // A unit may be much larger than what is wanted: what failed beside it is no matter.
  std::erase_if(window.faults, [&](const BlockFault& f) {
    return f.range.offset >= end || f.range.offset + f.range.length <= offset;
  });
  if (!window.faults.empty()) {
    sort_and_merge(window.faults);
    const BlockFault& f = window.faults.front();
    return fail(ErrorKind::kCorrupt, "file offset " + std::to_string(f.range.offset), f.reason);
  }
  const auto from = buffer.begin() + static_cast<std::ptrdiff_t>(offset - begin);
  return Bytes(from, from + static_cast<std::ptrdiff_t>(end - offset));
}

}  // namespace coldread::read
