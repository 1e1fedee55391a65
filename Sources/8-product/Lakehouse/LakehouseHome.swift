package import Base
import Foundation

/// The folder that holds a lakehouse.
///
///     lakehouse/
///       tarn.yaml           settings; marks the folder as a home
///       metastore.sqlite    catalog and definitions
///       warehouse/          tables
///       online/             latest feature values
///       audit/              who did what: journals, and the table of events
///       cache/              what can be made again: history of the prompt, overflow of queries
package struct LakehouseHome: Sendable, Hashable {
    /// Absolute.
    package let path: String

    /// - Parameter path: Relative paths start at the current folder; `~` is the user's own.
    package init(_ path: String) {
        let expanded = NSString(string: path).expandingTildeInPath
        self.path = URL(filePath: expanded, directoryHint: .isDirectory).standardizedFileURL.path
    }

    package var settingsFile: String { path + "/tarn.yaml" }
    package var metastoreFile: String { path + "/metastore.sqlite" }
    package var warehouseFolder: String { path + "/warehouse" }
    package var onlineFolder: String { path + "/online" }
    package var auditFolder: String { path + "/audit" }
    package var cacheFolder: String { path + "/cache" }
    package var historyFile: String { cacheFolder + "/sql_history" }

    package static let defaultPath = "lakehouse"

    /// Whether a lakehouse has been made here.
    package var exists: Bool { FileManager.default.fileExists(atPath: settingsFile) }

    /// Where the home is, from the flag, else `TARN_HOME`, else `./lakehouse`.
    package static func located(
        flag: String?, environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> (home: LakehouseHome, isDefault: Bool) {
        if let flag { return (LakehouseHome(flag), false) }
        if let variable = environment["TARN_HOME"], !variable.isEmpty {
            return (LakehouseHome(variable), false)
        }
        return (LakehouseHome(defaultPath), true)
    }

    /// Makes the folder and what it must hold.
    ///
    /// Repeating it on a home changes nothing.
    ///
    /// - Returns: Whether anything was made.
    /// - Throws: `.alreadyExists` if the folder holds something else, `.storage` if the disk refuses.
    package func create() throws(TarnError) -> Bool {
        let files = FileManager.default
        let isNew = !exists
        if isNew, let entries = try? files.contentsOfDirectory(atPath: path), !entries.isEmpty {
            throw TarnError(
                .alreadyExists,
                "\(path) is not empty and no lakehouse. Choose another folder with `tarn init --home DIR`.",
                context: [("home", path)])
        }
        do {
            for folder in [path, warehouseFolder, onlineFolder, cacheFolder] {
                try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
            }
            // Last, since it marks the home as complete.
            if isNew {
                try Data(Self.template.utf8).write(to: URL(filePath: settingsFile), options: .atomic)
            }
        } catch {
            throw TarnError(
                .storage, "Cannot make a lakehouse in \(path): \(error.localizedDescription)",
                context: [("home", path)], cause: error)
        }
        return isNew
    }

    /// - Throws: `.notFound` with the command to type, unless the home exists.
    package func requireExisting() throws(TarnError) {
        if exists { return }
        throw TarnError(
            .notFound,
            "There is no lakehouse in \(path). Make one with `tarn init --home \(shellQuoted(path))`, "
                + "or name another with --home or TARN_HOME.",
            context: [("home", path)])
    }

    /// What `tarn init` writes into `tarn.yaml`: every setting with its default, commented out.
    static var template: String {
        var out = """
            # Settings of this lakehouse. Environment variables (TARN_ENGINE_THREADS=4) and flags win over this file;
            # `tarn settings` shows what is in force.

            """
        var section = ""
        let defaults = LakehouseSettings()
        for definition in SettingDefinition.all {
            let parts = definition.name.split(separator: ".", maxSplits: 1).map(String.init)
            guard let first = parts.first, let last = parts.last else { continue }
            if first != section {
                section = first
                out += "\n# \(section):\n"
            }
            out +=
                "#   \(last): \(definition.value(in: defaults) ?? "")".trimmedEnd
                + "   # \(definition.summary)\n"
        }
        return out
    }
}

extension String {
    fileprivate var trimmedEnd: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}

/// The text as one word of a POSIX shell.
package func shellQuoted(_ text: String) -> String {
    let plain = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+:@%,=".contains($0)) }
    return plain && !text.isEmpty ? text : "'" + text.replacing("'", with: "'\\''") + "'"
}
