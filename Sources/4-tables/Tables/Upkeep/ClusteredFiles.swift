import Base
import DeltaLake
import TableModel

/// Which files of a clustered table have to be ordered anew.
///
/// Files that were ordered together are a cube: they carry its id and the columns it was ordered by. New files become a
/// cube of their own, together with those cubes that are not much larger, so that the few cubes that remain grow
/// geometrically and a row is rewritten only as often as its cube doubles.
struct ClusteredFiles {
    private static let cubeTag = "ZCUBE_ID"
    private static let columnsTag = "ZCUBE_ZORDER_BY"
    private static let curveTag = "ZCUBE_ZORDER_CURVE"
    /// Written into every file that a clustering made; Delta's name for this kind of clustering.
    static let provider = "liquid"

    /// By the files' names of the columns.
    let columns: [ColumnPath]
    let plan: RewritePlan

    private var columnsText: String {
        JSONValue.array(columns.map { .string($0.parts.joined(separator: ".")) }).jsonText
    }

    /// What marks the files of a new cube.
    func tags(cube: String) -> [String: String] {
        [Self.cubeTag: cube, Self.columnsTag: columnsText, Self.curveTag: "zorder"]
    }

    /// - Parameters:
    ///   - files: Those that are looked at.
    ///   - isFull: Takes all of them, unless they are one cube already.
    /// - Returns: The files to be ordered together; none where all is in order.
    func selected(from files: [DataFileView], isFull: Bool) -> [DataFileView] {
        var chosen: [DataFileView] = []
        var cubes: [String: [DataFileView]] = [:]
        for file in files {
            if let cube = cube(of: file), !plan.hasManyDeletedRows(file) {
                cubes[cube, default: []].append(file)
            } else {
                chosen.append(file)
            }
        }
        if isFull { return chosen.isEmpty && cubes.count <= 1 ? [] : files }
        if chosen.isEmpty { return [] }
        var size = chosen.reduce(0) { $0 + $1.byteCount }
        let sized = cubes.map {
            (files: $0.value, size: $0.value.reduce(0) { $0 + $1.byteCount }, id: $0.key)
        }
        for cube in sized.sorted(by: { ($0.size, $0.id) < ($1.size, $1.id) }) {
            if cube.size > 2 * size { break }
            chosen += cube.files
            size += cube.size
        }
        return chosen
    }

    /// The cube of a file that is in the order of these columns.
    private func cube(of file: DataFileView) -> String? {
        guard file.clusteringProvider != nil, let tags = file.tags, tags[Self.columnsTag] == columnsText
        else { return nil }
        return tags[Self.cubeTag]
    }
}
