#include "cli/page_printer.hpp"

#include <array>
#include <cstdio>
#include <string>
#include <utility>

#include "core/extract/file_runs.hpp"
#include "core/report/json.hpp"

namespace coldread::cli {
namespace {

using extract::PageRow;
using extract::PageRun;
using extract::RefusedBlocks;
using extract::RefusedPageList;

std::string bytes_as_blocks(std::uint64_t offset, std::uint64_t length, std::uint64_t block) {
  return span(offset / block, (offset + length - 1) / block);
}

/// Where bytes that are not in the block's own place came from; "" where they are there.
std::string moved(const PageRun& run, const OnePath& at) {
  if (!run.placement) return " (replayed, in pieces)";
  const std::string byte = std::to_string(run.placement->offset);
  if (run.placement->medium == source::Medium::kJournal) {
    return " (replayed, from byte " + byte + " of the external journal)";
  }
  if (run.placement->medium == source::Medium::kDevice) {
    return " (at byte " + byte + " of device " + std::to_string(run.placement->device) + ")";
  }
  if (run.placement->offset == at.found->offset + run.source_offset) return "";
  return " (replayed, from byte " + byte + ")";
}

class TextPrinter final : public PagePrinter {
 public:
  TextPrinter(const OnePath& at, const extract::ContentPlan& plan, Io& io)
      : at_(at), plan_(plan), io_(io), block_(at.volume().facts().block_size) {}

  void begin() override {
    io_.out << '/' << shown(at_.item.path, io_.out_is_terminal) << ": inode " << at_.item.number.value << ", "
            << plan_.reader->size() << " bytes, " << plan_.reader->page_count() << " pages of "
            << plan_.reader->page_size() << ", blocks of " << block_
            << "\n    page        offset  state       blocks of the file -> of the filesystem\n";
  }

  void row(const PageRow& row) override {
    std::array<char, 64> head{};
    std::snprintf(head.data(), head.size(), "%8llu %13llu  %-10s  ", static_cast<unsigned long long>(row.page),
                  static_cast<unsigned long long>(row.offset), row.bad() || row.refused() ? "EIO" : "up to date");
    io_.out << head.data();
    for (const PageRun& run : row.runs) io_.out << (&run == row.runs.data() ? "" : "; ") << told(run);
    io_.out << '\n';
  }

  void end(const RefusedPageList& pages, bool whole) override {
    if (!whole) io_.out << "interrupted after ";
    io_.out << pages.total() << " pages, " << pages.bad() << " bad\n";
    if (plan_.verity && !plan_.verity->descriptor) {
      io_.out << "fs-verity: " << plan_.verity->malformed << "\na kernel refuses to open it\n";
      return;
    }
    for (const extract::RefusedPages& alike : pages.pages()) {
      io_.out << (alike.first == alike.last ? "page " : "pages ") << span(alike.first, alike.last) << ": EIO ("
              << blocks(alike.blocks) << ")\n";
    }
    if (pages.refused() != 0) {
      io_.out << "a kernel refuses " << pages.refused()
              << (pages.refused() == 1 ? " page although its" : " pages although their") << " data is proven\n";
    }
  }

 private:
  /// "block 69: verity", "blocks 68-70, 73: read; block 74: verity, data proven"
  static std::string blocks(const std::vector<RefusedBlocks>& list) {
    std::string text;
    for (std::size_t first = 0; first < list.size();) {
      const RefusedBlocks& cause = list[first];
      std::string numbers;
      std::size_t next = first;
      while (next < list.size() && list[next].step == cause.step && list[next].proven == cause.proven) {
        numbers += (numbers.empty() ? "" : ", ") + span(list[next].first, list[next].last);
        ++next;
      }
      const bool one = next == first + 1 && cause.first == cause.last;
      text += (text.empty() ? "" : "; ") + std::string(one ? "block " : "blocks ") + numbers + ": " +
              std::string(read::to_string(cause.step)) + (cause.proven ? ", data proven" : "");
      first = next;
    }
    return text;
  }

  [[nodiscard]] std::string told(const PageRun& run) const {
    std::string text = where(run, at_);
    const bool more = run.piece && run.piece->length > run.length;
    for (const read::StepKind step : run.steps) {
      text += (step == run.steps.front() ? " (" : ", ") + std::string(read::to_string(step));
      if (step == read::StepKind::kRead && more) {
        text += " " + bytes_as_blocks(run.piece->offset, run.piece->length, block_);
      }
    }
    if (!run.steps.empty()) text += ")";
    if (run.failed) text += " FAILED at " + std::string(read::to_string(run.failed->step)) + ": " + run.failed->reason;
    if (run.refused) {
      text += " REFUSED at " + std::string(read::to_string(run.refused->step)) + ": " + run.refused->reason +
              " (data proven)";
    }
    return text;
  }

  const OnePath& at_;
  const extract::ContentPlan& plan_;
  Io& io_;
  std::uint64_t block_;
};

report::JsonValue json_of(const extract::StepEnd& end) {
  auto json = report::JsonValue::object();
  json.set("step", read::to_string(end.step)).set("reason", end.reason);
  return json;
}

report::JsonValue json_of(const PageRun& run) {
  auto json = report::JsonValue::object();
  json.set("offset", run.offset).set("length", run.length).set("kind", read::to_string(run.kind));
  const bool in_image = run.placement && run.placement->medium == source::Medium::kImage;
  json.set("image_offset", in_image ? report::JsonValue(run.placement->offset) : report::JsonValue());
  if (run.placement && run.placement->medium == source::Medium::kJournal) {
    json.set("journal_offset", run.placement->offset);
  }
  if (run.placement && run.placement->medium == source::Medium::kDevice) {
    json.set("device", run.placement->device).set("device_offset", run.placement->offset);
  }
  if (run.kind == read::ExtentKind::kCompressed) {
    json.set("stored", report::to_json(extract::stored_parts(run.packed)));
  }
  std::vector<std::string> steps;
  for (const read::StepKind step : run.steps) steps.emplace_back(read::to_string(step));
  json.set("steps", report::JsonValue::strings(steps));
  if (run.piece) {
    auto piece = report::JsonValue::object();
    piece.set("offset", run.piece->offset).set("length", run.piece->length);
    json.set("read", std::move(piece));
  }
  if (run.failed) json.set("failed", json_of(*run.failed));
  if (run.refused) json.set("refused", json_of(*run.refused));
  return json;
}

class JsonPrinter final : public PagePrinter {
 public:
  JsonPrinter(const OnePath& at, const extract::ContentPlan& plan, Io& io) : at_(at), plan_(plan), io_(io) {}

  void begin() override {
    auto head = report::JsonValue::object();
    head.set("path", at_.item.path).set("inode", at_.item.number.value).set("size", plan_.reader->size());
    head.set("page_size", plan_.reader->page_size()).set("block_size", at_.volume().facts().block_size);
    std::string text = head.dump();
    text.pop_back();  // the object goes on
    io_.out << text << ",\"pages\":[";
  }

  void row(const PageRow& row) override {
    auto blocks = report::JsonValue::array();
    for (const PageRun& run : row.runs) blocks.append(json_of(run));
    auto json = report::JsonValue::object();
    json.set("page", row.page).set("offset", row.offset).set("up_to_date", !row.bad() && !row.refused());
    json.set("blocks", std::move(blocks));
    io_.out << (row.page == 0 ? "\n" : ",\n") << json.dump();
  }

  void end(const RefusedPageList& pages, bool whole) override {
    auto tail = report::JsonValue::object();
    tail.set("total", pages.total()).set("bad", pages.bad()).set("refused", pages.refused());
    if (plan_.verity && !plan_.verity->descriptor) tail.set("malformed", plan_.verity->malformed);
    if (!whole) tail.set("interrupted", true);
    io_.out << "\n]," << tail.dump().substr(1) << '\n';
  }

 private:
  const OnePath& at_;
  const extract::ContentPlan& plan_;
  Io& io_;
};

}  // namespace

std::string span(std::uint64_t first, std::uint64_t last) {
  return first == last ? std::to_string(first) : std::to_string(first) + "-" + std::to_string(last);
}

std::string where(const PageRun& run, const OnePath& at) {
  const std::uint64_t block = at.volume().facts().block_size;
  const std::string file = bytes_as_blocks(run.offset, run.length, block);
  if (run.kind == read::ExtentKind::kStored) {
    return file + " -> " + bytes_as_blocks(run.source_offset, run.length, block) + moved(run, at);
  }
  if (run.kind == read::ExtentKind::kInline) {
    return "inline, at byte " + std::to_string(at.found->offset + run.source_offset) + moved(run, at);
  }
  std::string text = file + " " + std::string(read::to_string(run.kind));
  for (const source::Placement& place : run.packed) {
    text +=
        (&place == run.packed.data() ? " in " : ",") + bytes_as_blocks(place.range.offset, place.range.length, block);
  }
  return text;
}

std::unique_ptr<PagePrinter> text_printer(const OnePath& at, const extract::ContentPlan& plan, Io& io) {
  return std::make_unique<TextPrinter>(at, plan, io);
}

std::unique_ptr<PagePrinter> json_printer(const OnePath& at, const extract::ContentPlan& plan, Io& io) {
  return std::make_unique<JsonPrinter>(at, plan, io);
}

}  // namespace coldread::cli
