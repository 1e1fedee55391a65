internal import Base
package import Catalog
internal import Foundation
internal import ObjectStore

/// The folders of volumes and models on this machine; those elsewhere are made by who writes there.
extension QueryService {
    /// Makes the folder of a managed volume; one that is there is left as it is.
    package func makeFolder(of volume: VolumeEntry) throws {
        guard volume.kind == .managed, !volume.location.contains("://") else { return }
        do {
            try FileManager.default.createDirectory(
                atPath: volume.location, withIntermediateDirectories: true)
        } catch {
            throw TarnError(
                .storage,
                "The folder of volume \(volume.name) cannot be made. Check the home's owner and mode.",
                cause: error)
        }
    }

    /// Removes the files of a managed volume that was dropped; those of an external one stay.
    package func removeFiles(of volume: VolumeEntry) async throws {
        guard volume.kind == .managed else { return }
        try await removeFolder(volume.location, of: "volume \(volume.name)")
    }

    /// Removes the files of a model that was dropped, with all its versions.
    package func removeFiles(of model: ModelEntry) async throws {
        try await removeFolder(model.location, of: "model \(model.name)")
    }

    /// Removes the files of a version that was deleted.
    package func removeFiles(of version: ModelVersionEntry) async throws {
        try await removeFolder(version.location, of: "version \(version.version) of model \(version.model)")
    }

    private func removeFolder(_ location: String, of what: String) async throws {
        if location.contains("://") { return }
        do { try await StatementCall.removeFolder(location) } catch {
            throw error.asTarnError(doing: "remove the files of \(what)")
        }
    }
}

extension StatementCall {
    func removeFiles(of volume: VolumeEntry) async throws { try await service.removeFiles(of: volume) }
    func removeFiles(of model: ModelEntry) async throws { try await service.removeFiles(of: model) }
}
