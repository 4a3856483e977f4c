#include <sys/stat.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/one_path.hpp"
#include "cli/page_map.hpp"
#include "cli/page_printer.hpp"
#include "cli/same_file.hpp"
#include "core/extract/page_table.hpp"
#include "core/extract/refused_pages.hpp"
#include "core/report/part_file.hpp"

namespace coldread::cli {
namespace {

/// Where the map goes: a file that is there whole or not at all; null for standard output. An image is evidence, and no
/// output.
Result<std::unique_ptr<report::PartFile>> open_svg(const Arguments& arguments) {
  const std::string& path = *arguments.svg;
  if (path == "-") return nullptr;
  std::vector<std::string> inputs = arguments.devices;
  inputs.push_back(arguments.image);
  inputs.push_back(arguments.journal);
  for (const auto* files : {&arguments.keys, &arguments.hw_keys, &arguments.sw_secrets, &arguments.inline_keys,
                            &arguments.vold_secrets, &arguments.passphrase_files}) {
    inputs.insert(inputs.end(), files->begin(), files->end());
  }
  for (const V1Key& key : arguments.v1_keys) inputs.push_back(key.path);
  for (const std::string& input : inputs) {
    if (is_same_file(input, path)) {
      return fail(ErrorKind::kUsage, path, "is what is read: --svg does not write into it");
    }
  }
  return report::PartFile::create(path);
}

/// Prints the table, and draws the map where one is asked for. Returns the exit code.
int tell_pages(const OnePath& at, const extract::ContentPlan& plan, const Arguments& arguments, Io& io) {
  const bool draws = arguments.svg.has_value();
  std::unique_ptr<report::PartFile> file;
  if (draws) {
    auto opened = open_svg(arguments);
    if (!opened) {
      complain(io, opened.error().message());
      return exit_code_of(opened.error().kind);
    }
    file = std::move(*opened);
  }
  const bool prints = !draws || (file && !arguments.quiet);
  const auto printer = arguments.json ? json_printer(at, plan, io) : text_printer(at, plan, io);
  const std::uint32_t block_size = at.volume().facts().block_size;
  extract::RefusedPageList list(block_size);
  std::optional<report::BlockMap> map;
  if (draws) map.emplace(plan.reader->size(), block_size, plan.reader->page_size());

  if (prints) printer->begin();
  const extract::PageTable table(plan, *at.volume().source(), block_size, at.item.inode->facts().compression,
                                 at.encryption() != nullptr);
  const auto goes_on = [&io] { return io.out && !io.interrupt; };
  const bool whole = goes_on() && table.read([&](const extract::PageRow& row) {
    if (!goes_on()) return false;
    list.add(row);
    if (prints) printer->row(row);
    if (map) add_row(*map, row, at);
    return goes_on();
  });
  if (prints) printer->end(list, whole);
  if (io.interrupt) return kInterrupted;

  if (map && whole) {
    const std::string svg = svg_file(*map, list, at, plan);
    if (!file) {
      io.out << svg;
    } else {
      file->write(svg);
      if (auto done = file->commit(); !done) {
        complain(io, done.error().message());
        return exit_code_of(done.error().kind);
      }
    }
  }
  const bool malformed = plan.verity && !plan.verity->descriptor;
  return list.bad() != 0 || list.refused() != 0 || malformed ? kFindings : kOk;
}

}  // namespace

int pages(const Arguments& arguments, Io& io) {
  auto at = open_one_path(arguments, io);
  if (!at) {
    complain(io, at.error().message());
    return exit_code_of(at.error().kind);
  }
  auto plan = plan_file(*at, &io.interrupt);
  if (!plan) {
    complain(io, plan.error().message());
    return exit_code_of(plan.error().kind);
  }
  const int code = tell_pages(*at, *plan, arguments, io);
  name_unused_keys(at->session, arguments, io);
  return at->exit_code(code);
}

}  // namespace coldread::cli
