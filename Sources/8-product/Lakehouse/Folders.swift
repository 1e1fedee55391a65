import Base
import Foundation
import Synchronization

/// A folder in the system's place for temporary files, made when it is first needed.
final class PassingFolder: Sendable {
    private let made = Mutex<String?>(nil)

    deinit { remove() }

    /// The path of something in the folder.
    ///
    /// - Throws: `.storage` if the folder cannot be made.
    func path(_ name: String) throws(TarnError) -> String {
        let folder = made.withLock { made -> String? in
            if let made { return made }
            var template = Array((FileManager.default.temporaryDirectory.path + "/tarn-XXXXXX").utf8CString)
            let path = template.withUnsafeMutableBufferPointer { buffer in
                buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
            }
            made = path
            return path
        }
        guard let folder else {
            throw TarnError(
                .storage,
                "Cannot make a temporary folder: \(String(cString: strerror(errno))). Is the disk full?")
        }
        return folder + "/" + name
    }

    func remove() {
        let folder = made.withLock { made in
            defer { made = nil }
            return made
        }
        if let folder { try? FileManager.default.removeItem(atPath: folder) }
    }
}

/// Where the engine of one process puts what does not fit its memory.
///
/// A folder a process: the engine gives the files of every process the same names. What a killed process left is
/// removed by the next one.
enum SpillFolder {
    /// The folder of this process, which the engine makes when it needs it; those of dead processes are removed.
    ///
    /// - Parameters:
    ///   - folder: From the settings, relative to the home; `nil` is the home's cache.
    ///   - home: The lakehouse.
    /// - Returns: An absolute path.
    static func prepare(in folder: String?, home: LakehouseHome) -> String {
        let parent = folder.map { $0.hasPrefix("/") ? $0 : home.path + "/" + $0 } ?? home.cacheFolder
        let files = FileManager.default
        // If it cannot be made, the engine says so when it needs it, with the path.
        try? files.createDirectory(atPath: parent, withIntermediateDirectories: true)
        for name in (try? files.contentsOfDirectory(atPath: parent)) ?? [] where name.hasPrefix("spill-") {
            guard let process = Int32(name.dropFirst(6)), kill(process, 0) != 0, errno == ESRCH else {
                continue
            }
            try? files.removeItem(atPath: parent + "/" + name)
        }
        return parent + "/spill-\(getpid())"
    }
}
