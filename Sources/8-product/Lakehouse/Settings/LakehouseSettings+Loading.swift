package import Base
import Foundation
import Yams

extension LakehouseSettings {
    /// The settings in force: defaults, then the home's `tarn.yaml`, then the environment, then the call's own.
    ///
    /// - Parameters:
    ///   - file: Path of `tarn.yaml`; a file that does not exist sets nothing.
    ///   - environment: Variables named `TARN_...`; those that are no settings are left alone.
    ///   - overrides: Texts such as `engine.threads=2`.
    /// - Returns: All settings, checked.
    /// - Throws: `.invalidInput` naming the setting, its source and, for the file, the line.
    package static func load(
        file: String?, environment: [String: String] = ProcessInfo.processInfo.environment,
        overrides: [String] = []
    ) throws(TarnError) -> LakehouseSettings {
        var settings = LakehouseSettings()
        if let file { try settings.apply(file: file) }
        for definition in SettingDefinition.all {
            if let value = environment[definition.environmentName] {
                try definition.apply(value, to: &settings, source: definition.environmentName)
            }
        }
        for override in overrides {
            guard let equals = override.firstIndex(of: "=") else {
                throw TarnError(
                    .invalidInput,
                    "'\(override)' sets nothing: write NAME=VALUE, for example engine.threads=2.")
            }
            let definition = try SettingDefinition.named(String(override[..<equals]))
            let value = String(override[override.index(after: equals)...])
            try definition.apply(value, to: &settings, source: "--set")
        }
        return settings
    }

    private mutating func apply(file: String) throws(TarnError) {
        guard FileManager.default.fileExists(atPath: file) else { return }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw TarnError(.storage, "Cannot read the settings in \(file).", context: [("file", file)])
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw TarnError(
                .invalidInput, "The settings in \(file) are not UTF-8.", context: [("file", file)])
        }
        try apply(yaml: text, name: file)
    }

    /// Takes the settings in a document, which messages call `name`.
    mutating func apply(yaml text: String, name: String) throws(TarnError) {
        let root: Node?
        do { root = try Yams.compose(yaml: text) } catch {
            throw TarnError(
                .invalidInput, "\(name) is not valid YAML: \(yamlProblem(error))", context: [("file", name)],
                cause: error)
        }
        // A file of comments only is an empty document.
        guard let root, root.null == nil else { return }
        try apply(root, prefix: "", file: name)
    }

    private mutating func apply(_ node: Node, prefix: String, file: String) throws(TarnError) {
        guard case .mapping(let mapping) = node else {
            throw TarnError(
                .invalidInput,
                "\(file)\(lineText(node)): \(prefix.isEmpty ? "the document" : String(prefix.dropLast())) "
                    + "must be a list of names and values.", context: [("file", file)])
        }
        var seen: Set<String> = []
        for (key, value) in mapping {
            let name = prefix + (key.scalar?.string ?? "")
            if !seen.insert(name).inserted {
                throw TarnError(
                    .invalidInput, "\(file)\(lineText(key)): \(name) is set twice.",
                    context: [("setting", name)])
            }
            if SettingDefinition.all.contains(where: { $0.name.hasPrefix(name + ".") }) {
                // A section whose settings are all commented out.
                if value.null == nil { try apply(value, prefix: name + ".", file: file) }
                continue
            }
            guard let definition = SettingDefinition.all.first(where: { $0.name == name }) else {
                let known = SettingDefinition.all.map(\.name)
                let sections = Set(known.map { String($0.prefix { $0 != "." }) }).sorted()
                throw TarnError(
                    .invalidInput,
                    "\(file)\(lineText(key)): unknown setting '\(name)'."
                        + didYouMean(name, among: prefix.isEmpty ? sections + known : known),
                    context: [("setting", name), ("file", file)])
            }
            guard let text = value.scalar?.string else {
                throw TarnError(
                    .invalidInput, "\(file)\(lineText(value)): \(name) must be a single value.",
                    context: [("setting", name)])
            }
            try definition.apply(text, to: &self, source: file + lineText(key))
        }
    }
}

private func lineText(_ node: Node) -> String { node.mark.map { " line \($0.line)" } ?? "" }

private func yamlProblem(_ error: any Error) -> String {
    guard let error = error as? YamlError else { return "\(error)" }
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
        .composer(_, let problem, let mark, _):
        return "\(problem) at line \(mark.line)."
    default: return "\(error)"
    }
}
