#include "core/extract/vold_places.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace

BOOST_AUTO_TEST_SUITE(extract_vold_places)

namespace {

std::string what(const std::string& path) {
  const auto place = extract::vold_place(path);
  return place ? place->what : "none";
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_path_tells_what_is_kept_there) {
  BOOST_TEST(what("unencrypted/key") == "system DE key");
  BOOST_TEST(what("misc/vold/user_keys/de/0") == "user 0 DE key");
  BOOST_TEST(what("misc/vold/user_keys/ce/10/current") == "user 10 CE key");
  BOOST_TEST(what("misc/vold/user_keys/ce/10/cx0000000003") == "user 10 CE key (cx0000000003)");
  BOOST_TEST(what("misc/vold/user_keys/temp") == "user key that was being stored");
  BOOST_TEST(what("misc/vold/volume_keys/U") == "secret of volume U");
  BOOST_TEST(what("misc_de/0/vold/volume_keys/U/default") == "user 0 DE key of volume U");
  BOOST_TEST(what("misc_ce/11/vold/volume_keys/U/default") == "user 11 CE key of volume U");
  BOOST_TEST(what("vold/metadata_encryption/key") == "metadata key");
  BOOST_TEST(what("vold/metadata_encryption/zoned/key") == "metadata key (zoned)");
}

BOOST_AUTO_TEST_CASE(a_whole_system_has_them_below_its_mount_points) {
  BOOST_TEST(what("data/unencrypted/key") == "system DE key");
  BOOST_TEST(what("metadata/vold/metadata_encryption/key") == "metadata key");
  BOOST_TEST(what("data/vold/metadata_encryption/key") == "none");
  BOOST_TEST(what("metadata/unencrypted/key") == "none");
}

BOOST_AUTO_TEST_CASE(nothing_else_is_one) {
  for (const char* const path :
       {"", "/", "data", "unencrypted", "unencrypted/key/key", "misc/vold/user_keys/de", "misc/vold/user_keys/de/x",
        "misc/vold/user_keys/de/12345678901", "misc/vold/user_keys/ce/0", "misc_de/0/vold/volume_keys/U",
        "vold/metadata_encryption", "vold/metadata_encryption/a/b/key", "data/data/unencrypted/key"}) {
    BOOST_TEST(what(path) == "none");
  }
}

BOOST_AUTO_TEST_CASE(each_user_s_own_directories_are_looked_into) {
  const auto places = extract::vold_places({"0", "10"});
  BOOST_TEST(std::ranges::count(places, "misc_ce/10/vold/volume_keys") == 1);
  BOOST_TEST(std::ranges::count(places, "data/misc_de/0/vold/volume_keys") == 1);
  BOOST_TEST(std::ranges::count(places, "metadata/vold/metadata_encryption") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
