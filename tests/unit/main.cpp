#define BOOST_TEST_MODULE coldread
#include <boost/test/unit_test.hpp>
