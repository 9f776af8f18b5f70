// Sections of the status page that have a file of their own.
#pragma once

#include <string>

#include "strayd/core/report.h"

namespace strayd::html {

// What came of the kills: harm, and orphans that came back. Empty where there
// is neither.
std::string aftermath(const Report& report);

// Whose signals ended the apps. Empty where none was ended by one.
std::string senders(const Report& report);

}  // namespace strayd::html
