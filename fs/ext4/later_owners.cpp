#include "fs/ext4/later_owners.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

namespace coldread::ext4 {
namespace {

// Of claims on one block, more of one file than this are hostile: a file has a block once in each of its versions, and
// of those with the same run only one is kept.
constexpr unsigned kMaxLooked = 64;

}  // namespace

LaterOwners::LaterOwners(const JournalHistory& history, std::vector<Claim> claims, std::optional<std::uint32_t> lost)
    : lost_(lost) {
  std::sort(claims.begin(), claims.end(),
            [&](const Claim& a, const Claim& b) { return history.after(a.version.sequence, b.version.sequence); });
  // An index into `claims` is the lower the newer its claim is.
  struct Edge {
    std::uint64_t block;
    std::size_t claim;
    bool opens;
  };
  std::vector<Edge> edges;
  for (std::size_t i = 0; i < claims.size(); ++i) {
    if (claims[i].begin >= claims[i].end) continue;
    edges.push_back({claims[i].begin, i, true});
    edges.push_back({claims[i].end, i, false});
  }
  std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.block < b.block; });

  std::set<std::size_t> active;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (edges[i].opens) active.insert(edges[i].claim);
    if (!edges[i].opens) active.erase(edges[i].claim);
    if (i + 1 == edges.size() || edges[i + 1].block == edges[i].block || active.empty()) continue;
    Segment segment{edges[i].block, edges[i + 1].block, claims[*active.begin()].version, std::nullopt};
    unsigned looked = 0;
    for (const std::size_t claim : active) {
      if (++looked <= kMaxLooked && claims[claim].version.same_file(segment.newest)) continue;
      // Past the limit, whose it was is left open, and so it counts as another's.
      if (claim != *active.begin()) segment.other = claims[claim].version;
      break;
    }
    if (segment.other && segment.other->same_file(segment.newest)) segment.other->inode = 0;
    segments_.push_back(segment);
  }
}

std::optional<FileVersion> LaterOwners::later_owner(const JournalHistory& history, std::uint64_t block,
                                                    const FileVersion& version) const {
  const auto at = std::partition_point(segments_.begin(), segments_.end(),
                                       [&](const Segment& segment) { return segment.end <= block; });
  if (at == segments_.end() || at->begin > block) return std::nullopt;
  const auto is_later = [&](const FileVersion& other) {
    return !other.same_file(version) && !history.after(version.sequence, other.sequence);
  };
  if (is_later(at->newest)) return at->newest;
  if (at->other && is_later(*at->other)) return at->other;
  return std::nullopt;
}

}  // namespace coldread::ext4
