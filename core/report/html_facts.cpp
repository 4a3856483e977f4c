#include "core/report/html_facts.hpp"

#include <array>
#include <cstdio>
#include <utility>
#include <vector>

#include "core/report/html_text.hpp"

namespace coldread::report {
namespace {

constexpr std::size_t kMostMismatches = 50;

/// Names and values; values are HTML.
class Facts {
 public:
  Facts& add(const char* name, const std::string& html) {
    if (!html.empty()) out_ += "<dt>" + std::string(name) + "</dt><dd>" + html + "</dd>\n";
    return *this;
  }
  [[nodiscard]] std::string html() const { return "<dl>\n" + out_ + "</dl>\n"; }

 private:
  std::string out_;
};

std::string code(std::string_view text) {
  return text.empty() ? std::string() : "<code>" + to_isolated_html(text) + "</code>";
}

std::string list(const FirstOf<std::string>& sentences) {
  std::string out = "<ul>\n";
  for (const std::string& sentence : sentences.items) out += "<li>" + to_isolated_html(sentence) + "</li>\n";
  if (sentences.left_out() != 0) out += "<li>and " + grouped(sentences.left_out()) + " more</li>\n";
  return out + "</ul>\n";
}

std::string badge(const std::string& word, bool known) {
  return "<strong class=\"badge" + (known ? " r-" + word : std::string()) + "\">" + to_isolated_html(word) +
         "</strong>";
}

bool is_result(const std::string& word) {
  return word == "ok" || word == "findings" || word == "failed" || word == "interrupted";
}

std::string plural(std::uint64_t count, const char* one, const char* many) {
  return grouped(count) + " " + (count == 1 ? one : many);
}

std::string replay_html(const Replay& replay) {
  std::string out;
  if (!replay.needed) {
    out = "not needed: the filesystem was unmounted";
  } else if (replay.applied == 0 && replay.transactions == 0) {
    out = "needed, and nothing was replayed";
  } else {
    out = "needed; done in memory (" + to_isolated_html(replay.kind.empty() ? "?" : replay.kind) +
          "): " + grouped(replay.applied) + " applied";
  }
  const auto more = [&](std::uint64_t count, const char* what) {
    if (count != 0) out += ", " + grouped(count) + " " + what;
  };
  more(replay.transactions, "transactions");
  more(replay.fast_commits, "fast commits");
  more(replay.revoked, "revoked copies");
  more(replay.blocks, "blocks changed");
  more(replay.inodes_total, "inodes changed");
  more(replay.names, "names added");
  more(replay.orphans_truncated, "orphans truncated");
  more(replay.orphans_removed, "orphans removed");
  return out;
}

/// A bar of parts by status, and what each part is.
std::string bar_html(const char* what, const std::vector<std::pair<std::string, std::uint64_t>>& parts,
                     std::string (*in_words)(std::uint64_t)) {
  double sum = 0;
  for (const auto& [status, count] : parts) sum += static_cast<double>(count);
  if (sum == 0) return "";
  std::string bar;
  std::string legend;
  for (const auto& [status, count] : parts) {
    if (count == 0) continue;
    std::array<char, 32> width{};
    constexpr double kPercent = 100;
    std::snprintf(width.data(), width.size(), "%.3f", static_cast<double>(count) * kPercent / sum);
    bar += "<i class=\"s-" + status + "\" style=\"width:" + width.data() + "%\"></i>";
    legend += "<li><i class=\"s-" + status + "\"></i>" + status + " " + in_words(count) + "</li>";
  }
  return "<figure class=\"bar\"><figcaption>" + std::string(what) + "</figcaption><div>" + bar + "</div><ul>" + legend +
         "</ul></figure>\n";
}

std::string bars_html(const ReportFilesystem& filesystem) {
  static constexpr std::array<const char*, 6> kStatuses{"ok", "damaged", "error", "locked", "skipped", "recovered"};
  const Summary& told = filesystem.told;
  const std::array<std::uint64_t, 6> names{told.ok,     told.damaged, told.error,
                                           told.locked, told.skipped, told.recovered};
  std::vector<std::pair<std::string, std::uint64_t>> by_name;
  std::vector<std::pair<std::string, std::uint64_t>> by_byte;
  for (std::size_t i = 0; i < kStatuses.size(); ++i) {
    by_name.emplace_back(kStatuses.at(i), names.at(i));
    const auto bytes = filesystem.bytes_by_status.find(kStatuses.at(i));
    by_byte.emplace_back(kStatuses.at(i), bytes == filesystem.bytes_by_status.end() ? 0 : bytes->second);
  }
  return bar_html("Entries by status", by_name, &grouped) +
         bar_html("Bytes of files by status (counted per name, from the entries)", by_byte, &bytes_in_words);
}

std::string counts_html(const Summary& told) {
  Facts facts;
  facts.add("Entries", plural(told.files, "file", "files") + ", " +
                           plural(told.directories, "directory", "directories") + ", " +
                           plural(told.symlinks, "symlink", "symlinks") + ", " + grouped(told.other) + " other");
  facts.add("Bytes read", bytes_in_words(told.bytes) + " in files that are ok or damaged");
  facts.add("fs-verity", grouped(told.verified) + " verified, " + grouped(told.mismatch) + " mismatch, " +
                             grouped(told.malformed) + " malformed");
  facts.add("Pages", grouped(told.pages_bad) + " bad of " + grouped(told.pages_total));
  return facts.html();
}

std::string policies_html(const FirstOf<Policy>& policies) {
  if (policies.total == 0) return "<p>Nothing on it is encrypted, as far as the report tells.</p>\n";
  std::string out =
      "<div class=\"scroll\"><table class=\"plain policies\"><thead><tr><th scope=\"col\">Policy</th><th "
      "scope=\"col\">Key "
      "wanted</th><th scope=\"col\">Key</th><th scope=\"col\">Modes</th><th scope=\"col\" class=\"n\">Entries</th>"
      "</tr></thead><tbody>\n";
  std::size_t index = 0;
  for (const Policy& policy : policies.items) {
    const bool missing = policy.key == "missing";
    out += "<tr><td data-label=\"Policy\">" + std::to_string(index++) + " (v" + std::to_string(policy.version) +
           ")</td><td data-label=\"Key wanted\">" + code(policy.master_key) + "</td><td data-label=\"Key\">" +
           (missing ? "<strong class=\"badge s-locked\">missing</strong>" : to_isolated_html(policy.key));
    if (!policy.key_proof.empty()) {
      out += policy.key_proof == "none" ? ", not proven" : ", proven by " + to_isolated_html(policy.key_proof);
    }
    if (!policy.problem.empty()) out += "<br>" + to_isolated_html(policy.problem);
    out += "</td><td data-label=\"Modes\">" + to_isolated_html(policy.contents) + ", names " +
           to_isolated_html(policy.filenames) + "</td><td class=\"n\" data-label=\"Entries\">" +
           grouped(policy.entries.value_or(0)) + "</td></tr>\n";
  }
  out += "</tbody></table></div>\n";
  if (policies.left_out() != 0) out += "<p>And " + grouped(policies.left_out()) + " more policies.</p>\n";
  return out;
}

}  // namespace

std::string headline_html(const ReportDocument& document) {
  return "<p class=\"image\">" + code(document.image.path) + "</p>\n<p>" +
         badge(document.result, is_result(document.result)) + " " +
         std::string(exit_code_in_words(document.exit_code)) + " (exit code " + grouped(document.exit_code) + ")</p>";
}

std::string notices_html(const ReportDocument& document) {
  std::string out;
  std::vector<std::string> mismatches = document.mismatches();
  if (!mismatches.empty()) {
    FirstOf<std::string> sentences;
    for (std::string& sentence : mismatches) sentences.add(std::move(sentence), kMostMismatches);
    out +=
        "<section class=\"notice\"><h2>This report contradicts itself</h2>\n<p>It was not written like this: it may "
        "have been changed.</p>\n" +
        list(sentences) + "</section>\n";
  }
  if (document.problems.total != 0) {
    out += "<section class=\"notice\"><h2>About the image as a whole</h2>\n" + list(document.problems) + "</section>\n";
  }
  return out;
}

std::string run_html(const ReportDocument& document) {
  std::string arguments;
  for (const std::string& argument : document.run.arguments)
    arguments += " " + code(argument.empty() ? "''" : argument);
  const Image& image = document.image;
  Facts facts;
  facts.add("Image", code(image.path)).add("Size", bytes_in_words(image.size));
  facts.add("Format", to_isolated_html(image.format));
  facts.add("SHA-256", image.sha256 ? code(*image.sha256) : "not computed (--hash-image was not given)");
  facts.add("Tool", "coldread " + to_isolated_html(document.tool_version));
  facts.add("Arguments", "<span class=\"arguments\">" + arguments + "</span>");
  facts.add("Started", to_isolated_html(document.run.started));
  facts.add("Finished", to_isolated_html(document.run.finished));
  facts.add("Jobs", grouped(document.run.jobs));
  facts.add("Exit code", grouped(document.exit_code) + ": " + std::string(exit_code_in_words(document.exit_code)));
  return facts.html();
}

std::string filesystem_html(const ReportFilesystem& filesystem, std::size_t number) {
  const Filesystem& of = filesystem.facts;
  std::string features;
  for (const std::string& feature : of.features) features += (features.empty() ? "" : ", ") + to_isolated_html(feature);
  std::string out = "<section class=\"filesystem\">\n<h2>Filesystem " + std::to_string(number) + ": " +
                    to_isolated_html(of.type) + (of.label.empty() ? "" : " " + to_isolated_html(of.label)) + "</h2>\n";
  out += bars_html(filesystem) + counts_html(filesystem.told);
  if (filesystem.problems.total != 0) out += "<h3>Problems</h3>\n" + list(filesystem.problems);
  out += "<h3>Facts</h3>\n";
  Facts facts;
  if (of.partition) {
    facts.add("Partition", grouped(of.partition->number) + " " + to_isolated_html(of.partition->label) + ", at byte " +
                               grouped(of.partition->offset) + ", " + bytes_in_words(of.partition->size));
  }
  facts.add("UUID", code(of.uuid)).add("Label", of.label.empty() ? "none" : to_isolated_html(of.label));
  facts.add("Blocks", "of " + bytes_in_words(of.block_size) + "; pages of " + bytes_in_words(of.page_size));
  facts.add("Features", features).add("Replay", replay_html(of.replay));
  return out + facts.html() + "<h3>Encryption</h3>\n" + policies_html(filesystem.policies) + "</section>\n";
}

}  // namespace coldread::report
