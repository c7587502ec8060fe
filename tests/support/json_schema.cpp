// SPDX-License-Identifier: BSL-1.0
// The one file that includes valijson, which takes ten times as long to compile as another.
#include "support/json_schema.hpp"

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

std::string windtunnel::test::schema_errors(const nlohmann::json& schema,
                                            const nlohmann::json& instance) {
    using adapter = valijson::adapters::NlohmannJsonAdapter;
    valijson::Schema parsed;
    valijson::SchemaParser(valijson::SchemaParser::kDraft7).populateSchema(adapter(schema), parsed);
    valijson::ValidationResults results;
    std::string all;
    if (!valijson::Validator().validate(parsed, adapter(instance), &results))
        all = "invalid:\n";
    for (valijson::ValidationResults::Error error; results.popError(error);)
        all += error.description + "\n";
    return all;
}
