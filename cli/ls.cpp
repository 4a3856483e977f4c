#include <algorithm>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/listing.hpp"
#include "cli/one_path.hpp"
#include "core/report/json.hpp"

namespace coldread::cli {
namespace {

void print(const report::Entry& entry, const std::string& name, const Arguments& arguments, Io& io) {
  if (arguments.json) {
    io.out << report::to_json(entry).dump() << '\n';
    return;
  }
  if (arguments.long_listing) io.out << long_line(entry) << ' ';
  io.out << shown(name, io.out_is_terminal);
  if (arguments.long_listing && entry.target) io.out << " -> " << shown(*entry.target, io.out_is_terminal);
  if (arguments.long_listing && !entry.status.empty() && entry.status != "ok") io.out << "  [" << entry.status << ']';
  io.out << '\n';
}

/// Depth of the directories that are listed: how many names lead to `path`.
std::size_t depth_of(const std::string& path) {
  return path.empty() ? 0 : static_cast<std::size_t>(std::count(path.begin(), path.end(), '/')) + 1;
}

std::string below(const std::string& path, const std::string& directory) {
  return directory.empty() ? path : path.substr(std::min(path.size(), directory.size() + 1));
}

}  // namespace

int ls(const Arguments& arguments, Io& io) {
  auto at = open_one_path(arguments, io);
  if (!at) {
    complain(io, at.error().message());
    return exit_code_of(at.error().kind);
  }
  const std::string& top = at->item.path;
  extract::PolicyTable policies;
  extract::PathSelection selection({"/" + top});
  extract::TreeWalker walker(at->volume(), *at->session.keys, selection);
  if (at->orphans) walker.add_orphans(*at->orphans);
  const bool is_directory = at->item.inode && at->item.inode->facts().type == volume::FileType::kDir;
  bool findings = false;
  walker.limit_depth(arguments.recursive ? extract::TreeWalker::kMaxDepth : depth_of(top) + 1);
  while (const auto item = walker.next()) {
    if (io.interrupt) return kInterrupted;
    if (selection.match(item->path) != extract::PathSelection::Match::kSelected) continue;
    const report::Entry entry = describe_whole(at->volume(), *item, policies);
    findings = findings || item->name_locked || entry.status == "damaged" || entry.status == "error";
    for (const std::string& problem : entry.problems) {
      if (!arguments.json && !arguments.quiet) complain(io, "/" + item->path + ": " + problem);
    }
    const bool itself = item->path == top;
    if (itself && is_directory) continue;
    print(entry, itself ? top : below(item->path, top), arguments, io);
    if (!io.out) return kOk;
  }
  name_unused_keys(at->session, arguments, io);
  return at->exit_code(findings ? kFindings : kOk);
}

}  // namespace coldread::cli
