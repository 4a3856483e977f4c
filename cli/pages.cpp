#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/one_path.hpp"
#include "core/base/checked.hpp"
#include "core/extract/file_runs.hpp"
#include "core/report/json.hpp"

namespace coldread::cli {
namespace {

/// A run of blocks of one page that lie together (or are of one compressed cluster), went through the same steps and
/// ended alike.
struct BlockRun {
  std::uint64_t offset = 0;  ///< in the file
  std::uint64_t length = 0;  ///< whole blocks
  read::ExtentKind kind = read::ExtentKind::kHole;
  std::uint64_t source_offset = 0;
  std::optional<source::Placement> placement;  ///< of the bytes; nothing where they are not together or nowhere
  const read::BlockFault* fault = nullptr;     ///< the first step that failed
  std::vector<source::Placement> packed = {};  ///< of a compressed cluster: where its compressed bytes lie
};

const read::BlockFault* fault_at(const std::vector<read::BlockFault>& faults, std::uint64_t begin, std::uint64_t end) {
  const read::BlockFault* first = nullptr;
  for (const read::BlockFault& f : faults) {
    const bool touches = f.range.offset < end && begin < f.range.offset + f.range.length;
    if (touches && (first == nullptr || f.step < first->step)) first = &f;
  }
  return first;
}

/// Where a block's bytes lie, if they lie together.
std::optional<source::Placement> place_of(const source::BlockSource& source, std::uint64_t offset,
                                          std::uint64_t length) {
  const auto placements = source.locate(offset, length);
  if (placements.size() != 1 || placements.front().medium == source::Medium::kMemory) return std::nullopt;
  return placements.front();
}

bool lie_together(const BlockRun& first, const BlockRun& second) {
  if (first.source_offset + first.length != second.source_offset) return false;
  if (!first.placement || !second.placement) return !first.placement && !second.placement;
  return first.placement->medium == second.placement->medium && first.placement->device == second.placement->device &&
         first.placement->offset + first.length == second.placement->offset;
}

bool is_compressed(const BlockRun& run) { return run.kind == read::ExtentKind::kCompressed; }

class PageTable {
 public:
  PageTable(const OnePath& at, const extract::ContentPlan& plan, const Arguments& arguments, Io& io)
      : at_(at), plan_(plan), json_(arguments.json), io_(io), block_(at.volume().facts().block_size) {}

  int print();

 private:
  void begin();
  void row(const read::Window& window, std::uint64_t begin);
  /// The runs of the window's part [begin, end), block by block, those alike joined.
  [[nodiscard]] std::vector<BlockRun> runs_of(const read::Window& window, std::uint64_t begin, std::uint64_t end) const;
  void text_row(std::uint64_t page, const std::vector<BlockRun>& runs);
  void json_row(std::uint64_t page, const std::vector<BlockRun>& runs);
  void end();
  /// The steps that a run went through, up to the one that failed.
  [[nodiscard]] std::vector<std::string> steps(const BlockRun& run) const;
  [[nodiscard]] std::string where(const BlockRun& run) const;
  /// Where replay took the run's bytes from; "" where they are in the block's own place.
  [[nodiscard]] std::string moved(const BlockRun& run) const;

  const OnePath& at_;
  const extract::ContentPlan& plan_;
  bool json_;
  Io& io_;
  std::uint64_t block_;
  std::uint64_t rows_ = 0;
  std::uint64_t bad_ = 0;
};

int PageTable::print() {
  const read::PageReader& reader = *plan_.reader;
  Bytes buffer(reader.window_size());
  read::Window window;
  begin();
  for (std::uint64_t at = 0; at < reader.size() && io_.out && !io_.interrupt; at += reader.window_size()) {
    reader.read(at, buffer, window);
    for (std::uint64_t page = at; page < window.end(); page += reader.page_size()) row(window, page);
  }
  end();
  if (io_.interrupt) return kInterrupted;
  const bool malformed = plan_.verity && !plan_.verity->descriptor;
  return bad_ != 0 || malformed ? kFindings : kOk;
}

void PageTable::begin() {
  const std::uint64_t size = plan_.reader->size();
  if (json_) {
    auto head = report::JsonValue::object();
    head.set("path", at_.item.path).set("inode", at_.item.number.value).set("size", size);
    head.set("page_size", plan_.reader->page_size()).set("block_size", block_);
    std::string text = head.dump();
    text.pop_back();  // the object goes on
    io_.out << text << ",\"pages\":[";
    return;
  }
  io_.out << '/' << shown(at_.item.path, io_.out_is_terminal) << ": inode " << at_.item.number.value << ", " << size
          << " bytes, " << plan_.reader->page_count() << " pages of " << plan_.reader->page_size() << ", blocks of "
          << block_ << "\n    page        offset  state       blocks of the file -> of the filesystem\n";
}

std::vector<BlockRun> PageTable::runs_of(const read::Window& window, std::uint64_t begin, std::uint64_t end) const {
  const source::BlockSource& source = *at_.volume().source();
  const auto& compression = at_.item.inode->facts().compression;
  std::vector<BlockRun> runs;
  for (const read::Extent& extent : window.extents) {
    std::uint64_t at = std::max(extent.file_offset, begin);
    const std::uint64_t stop = std::min(extent.file_end(), end);
    const bool packed = extent.kind == read::ExtentKind::kCompressed;
    while (at < stop) {
      const std::uint64_t next = std::min(round_down(at, block_) + block_, stop);
      const bool placed = read::has_source(extent.kind) && !packed;
      const std::uint64_t source_offset = placed ? extent.source_offset + (at - extent.file_offset) : 0;
      BlockRun one{at,
                   next - at,
                   extent.kind,
                   source_offset,
                   placed ? place_of(source, source_offset, next - at) : std::nullopt,
                   fault_at(window.faults, at, next)};
      BlockRun* last = runs.empty() ? nullptr : &runs.back();
      const bool joins = last != nullptr && last->kind == one.kind && last->fault == one.fault &&
                         (!packed || last->offset >= extent.file_offset) && (!placed || lie_together(*last, one));
      if (joins) {
        last->length += one.length;
      } else {
        if (packed && plan_.map && compression) {
          one.packed = extract::cluster_places(*plan_.map, source, extent.file_offset, compression->cluster_size);
        }
        runs.push_back(std::move(one));
      }
      at = next;
    }
  }
  return runs;
}

void PageTable::row(const read::Window& window, std::uint64_t begin) {
  const std::uint64_t page_size = plan_.reader->page_size();
  const auto runs = runs_of(window, begin, begin + page_size);
  if (std::any_of(runs.begin(), runs.end(), [](const BlockRun& run) { return run.fault != nullptr; })) ++bad_;
  if (json_) {
    json_row(begin / page_size, runs);
  } else {
    text_row(begin / page_size, runs);
  }
  ++rows_;
}

std::vector<std::string> PageTable::steps(const BlockRun& run) const {
  const bool stored = read::has_source(run.kind);
  std::vector<read::StepKind> all;
  if (stored) all.push_back(read::StepKind::kRead);
  if (stored && at_.encryption() != nullptr) all.push_back(read::StepKind::kDecrypt);
  if (is_compressed(run)) all.push_back(read::StepKind::kDecompress);
  if (plan_.verity && run.offset < plan_.reader->size()) all.push_back(read::StepKind::kVerity);
  std::vector<std::string> names;
  for (const read::StepKind step : all) {
    if (run.fault != nullptr && step > run.fault->step) break;
    names.emplace_back(read::to_string(step));
  }
  return names;
}

std::string PageTable::where(const BlockRun& run) const {
  const auto span = [this](std::uint64_t offset, std::uint64_t length) {
    const std::uint64_t first = offset / block_;
    const std::uint64_t last = (offset + length - 1) / block_;
    return first == last ? std::to_string(first) : std::to_string(first) + "-" + std::to_string(last);
  };
  const std::string file = span(run.offset, run.length);
  if (run.kind == read::ExtentKind::kStored) return file + " -> " + span(run.source_offset, run.length) + moved(run);
  if (run.kind == read::ExtentKind::kInline) {
    return "inline, at byte " + std::to_string(at_.found->offset + run.source_offset) + moved(run);
  }
  std::string text = file + " " + std::string(read::to_string(run.kind));
  for (const source::Placement& place : run.packed) {
    text += (&place == run.packed.data() ? " in " : ",") + span(place.range.offset, place.range.length);
  }
  return text;
}

std::string PageTable::moved(const BlockRun& run) const {
  if (!run.placement) return " (replayed, in pieces)";
  if (run.placement->medium == source::Medium::kJournal) {
    return " (replayed, from byte " + std::to_string(run.placement->offset) + " of the external journal)";
  }
  if (run.placement->medium == source::Medium::kDevice) {
    return " (at byte " + std::to_string(run.placement->offset) + " of device " +
           std::to_string(run.placement->device) + ")";
  }
  if (run.placement->offset == at_.found->offset + run.source_offset) return "";
  return " (replayed, from byte " + std::to_string(run.placement->offset) + ")";
}

void PageTable::text_row(std::uint64_t page, const std::vector<BlockRun>& runs) {
  std::string blocks;
  const read::BlockFault* fault = nullptr;
  for (const BlockRun& run : runs) {
    std::string steps_run;
    for (const std::string& step : steps(run)) steps_run += (steps_run.empty() ? " (" : ", ") + step;
    blocks += (blocks.empty() ? "" : "; ") + where(run) + (steps_run.empty() ? "" : steps_run + ")");
    if (run.fault != nullptr) {
      blocks += " FAILED at " + std::string(read::to_string(run.fault->step)) + ": " + run.fault->reason;
      fault = run.fault;
    }
  }
  std::array<char, 64> head{};
  std::snprintf(head.data(), head.size(), "%8llu %13llu  %-10s  ", static_cast<unsigned long long>(page),
                static_cast<unsigned long long>(page * plan_.reader->page_size()),
                fault != nullptr ? "EIO" : "up to date");
  io_.out << head.data() << blocks << '\n';
}

void PageTable::json_row(std::uint64_t page, const std::vector<BlockRun>& runs) {
  auto blocks = report::JsonValue::array();
  bool bad = false;
  for (const BlockRun& run : runs) {
    auto block = report::JsonValue::object();
    block.set("offset", run.offset).set("length", run.length).set("kind", read::to_string(run.kind));
    const bool in_image = run.placement && run.placement->medium == source::Medium::kImage;
    block.set("image_offset", in_image ? report::JsonValue(run.placement->offset) : report::JsonValue());
    if (run.placement && run.placement->medium == source::Medium::kJournal) {
      block.set("journal_offset", run.placement->offset);
    }
    if (run.placement && run.placement->medium == source::Medium::kDevice) {
      block.set("device", run.placement->device).set("device_offset", run.placement->offset);
    }
    if (is_compressed(run)) block.set("stored", report::to_json(extract::stored_parts(run.packed)));
    block.set("steps", report::JsonValue::strings(steps(run)));
    if (run.fault != nullptr) {
      bad = true;
      auto failed = report::JsonValue::object();
      failed.set("step", read::to_string(run.fault->step)).set("reason", run.fault->reason);
      block.set("failed", std::move(failed));
    }
    blocks.append(std::move(block));
  }
  auto json = report::JsonValue::object();
  json.set("page", page).set("offset", page * plan_.reader->page_size()).set("up_to_date", !bad);
  json.set("blocks", std::move(blocks));
  io_.out << (rows_ == 0 ? "\n" : ",\n") << json.dump();
}

void PageTable::end() {
  if (json_) {
    io_.out << "\n],\"total\":" << rows_ << ",\"bad\":" << bad_ << "}\n";
  } else {
    io_.out << rows_ << " pages, " << bad_ << " bad\n";
    if (plan_.verity && !plan_.verity->descriptor) io_.out << "fs-verity: " << plan_.verity->malformed << '\n';
  }
}

}  // namespace

int pages(const Arguments& arguments, Io& io) {
  auto at = open_one_path(arguments, io);
  if (!at) {
    complain(io, at.error().message());
    return exit_code_of(at.error().kind);
  }
  auto plan = plan_file(*at);
  if (!plan) {
    complain(io, plan.error().message());
    return exit_code_of(plan.error().kind);
  }
  const int code = PageTable(*at, *plan, arguments, io).print();
  name_unused_keys(at->session, arguments, io);
  return at->exit_code(code);
}

}  // namespace coldread::cli
