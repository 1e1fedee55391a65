internal import Base
internal import Catalog
internal import Engine
internal import ObjectStore
internal import Synchronization
internal import Tables

/// An engine, and the tables that are open through it.
///
/// Everybody but the local owner works in a room whose engine is locked: DuckDB itself refuses files outside of the
/// warehouse, extensions and settings there, whatever SQL should get past Tarn's own rules.
struct EngineRoom: Sendable {
    let engine: Engine
    let tables: TableRegistry
    /// The folders that the engine may touch; `nil` for any.
    let folders: [String]?

    /// - Throws: `FolderIsShut` for a folder that this room's engine may not touch.
    func check(_ folder: String) throws {
        guard let folders else { return }
        let path = folder.hasSuffix("/") ? folder : folder + "/"
        if folders.contains(where: { path.hasPrefix($0 + "/") }) { return }
        throw FolderIsShut(folder: folder)
    }

    /// A clone's files may lie at another table's place.
    func check(filesOf scan: ScanRelation) throws {
        guard let folders else { return }
        var shut: [Substring]?
        for location in scan.locations {
            let path = location.hasPrefix("file://") ? location.dropFirst(7) : location[...]
            if folders.contains(where: { path.hasPrefix($0) && path.dropFirst($0.count).first == "/" }) {
                continue
            }
            // The folder that all of them lie in.
            let parts = path.split(separator: "/").dropLast()
            shut = shut.map { zip($0, parts).prefix { $0 == $1 }.map(\.0) } ?? Array(parts)
        }
        if let shut, !shut.isEmpty { throw FolderIsShut(folder: "/" + shut.joined(separator: "/")) }
    }
}

/// A table lies outside of the folders that a locked engine was started with; another has to be.
struct FolderIsShut: Error {
    let folder: String
}

/// The rooms of all who are not the local owner: one at a time, started when it is first needed, and again when a
/// table turns up whose folder it may not touch.
final class EngineRooms: Sendable {
    let open: EngineRoom
    private let warehouse: String
    private struct State {
        var current: EngineRoom?
        /// Statements may still run in them.
        var retired: [EngineRoom] = []
        var folders: [String]
        var isClosed = false
    }
    private let state: Mutex<State>
    private static let mostRetired = 4

    /// Begins with the local owner's room, which is not locked.
    init(_ open: EngineRoom, warehouse: String) {
        self.open = open
        self.warehouse = warehouse
        state = Mutex(State(folders: [warehouse]))
    }

    /// The room of everybody but the local owner.
    func locked() throws -> EngineRoom {
        try state.withLock { state in
            if let current = state.current { return current }
            if state.isClosed { throw TarnError(.failedPrecondition, "The engine is closed.") }
            let room = try make(state.folders)
            state.current = room
            return room
        }
    }

    /// Starts a room that may touch this folder as well.
    func unlock(_ folder: String) {
        let retired = state.withLock { state -> EngineRoom? in
            if state.folders.contains(folder) { return nil }
            state.folders.append(folder)
            guard let current = state.current else { return nil }
            state.current = nil
            state.retired.append(current)
            return state.retired.count > Self.mostRetired ? state.retired.removeFirst() : nil
        }
        retired?.engine.close()
    }

    /// The tables of a folder are forgotten by all: it was dropped.
    func forget(localFolder folder: String) {
        open.tables.forget(localFolder: folder)
        state.withLock { $0.current }?.tables.forget(localFolder: folder)
    }

    func close() {
        let rooms = state.withLock { state in
            state.isClosed = true
            defer {
                state.current = nil
                state.retired = []
            }
            return state.retired + [state.current].compactMap(\.self)
        }
        for room in rooms { room.engine.close() }
    }

    private func make(_ folders: [String]) throws -> EngineRoom {
        var settings = open.engine.settings
        settings.lockedFolders = folders
        settings.memoryLimit = try open.engine.shareMemory()
        var context = open.tables.context
        context.engine = try Engine(settings: settings)
        return EngineRoom(engine: context.engine, tables: TableRegistry(context), folders: folders)
    }
}
