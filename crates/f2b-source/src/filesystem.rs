//! File systems on which the kernel tells nothing of what others change.

use std::fs::File;
use std::path::Path;

use rustix::fs::{StatFs, fstatfs, statfs};

/// Returns the name of the file system that holds `file` if it has to be polled.
pub(crate) fn polled(file: &File) -> Option<&'static str> {
    // One that cannot even be asked is looked at with all others, at rescans.
    judged(&fstatfs(file).ok()?)
}

/// Returns the name of the file system that holds `path`, or the nearest directory above it that
/// exists, if it has to be polled.
pub(crate) fn polled_at(path: &Path) -> Option<&'static str> {
    let found = path.ancestors().find_map(|path| statfs(path).ok());
    judged(&found?)
}

fn judged(found: &StatFs) -> Option<&'static str> {
    // As the field's type and sign are not the same on all processors.
    let kind = i128::from(found.f_type).rem_euclid(1 << 32);
    name(u32::try_from(kind).ok()?)
}

/// Returns the name of the file systems with this number (`f_type` of `statfs`) if other machines,
/// other programs or the layer below change their files past this kernel.
///
/// Those that are mounted through FUSE are many, and most of them are of this kind: sshfs,
/// GlusterFS, s3fs, virtiofs, what shares folders with virtual machines.
fn name(kind: u32) -> Option<&'static str> {
    Some(match kind {
        0x0000_6969 => "NFS",
        0x0000_517b => "SMB",
        0xff53_4d42 => "CIFS",
        0xfe53_4d42 => "SMB2",
        0x6573_5546 => "FUSE",
        0x0102_1997 => "9p",
        0x00c3_6400 => "Ceph",
        0x5346_414f | 0x6b41_4653 => "AFS",
        0x7375_7245 => "Coda",
        0x7461_636f => "OCFS2",
        0x0116_1970 => "GFS2",
        0x0bd0_0bd0 => "Lustre",
        0x4750_4653 => "GPFS",
        0x1983_0326 => "BeeGFS",
        0x2003_0528 => "OrangeFS",
        0xaad7_aaea => "PanFS",
        0x0000_564c => "NCP",
        0x786f_4256 => "vboxsf",
        0xbacb_acbc => "vmhgfs",
        0x7c7c_6673 => "prl_fs",
        // What lies below is changed past them.
        0x794c_7630 => "overlayfs",
        0x6175_6673 => "aufs",
        0x0000_f15f => "eCryptfs",
        0x6a65_6a62 => "shiftfs",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_systems_of_others_are_polled_and_those_of_this_kernel_are_not() {
        let check = |kind: u32, expected: Option<&str>| {
            assert_eq!(name(kind), expected, "{kind:#x}");
        };
        check(0x6969, Some("NFS"));
        check(0xff53_4d42, Some("CIFS"));
        check(0xfe53_4d42, Some("SMB2"));
        check(0x6573_5546, Some("FUSE"));
        check(0x794c_7630, Some("overlayfs"));
        // ext4, xfs, btrfs, tmpfs, zfs, f2fs, bcachefs.
        for own in [
            0xef53,
            0x5846_5342,
            0x9123_683e,
            0x0102_1994,
            0x2fc1_2fc1,
            0xf2f5_2010,
            0xca45_1a4e,
        ] {
            check(own, None);
        }
    }

    #[test]
    fn a_path_is_judged_by_the_directory_that_is_there() {
        // `/proc` is no file system of others.
        assert_eq!(polled_at(Path::new("/proc/self/none/of/them")), None);
        assert_eq!(polled_at(Path::new("")), None);
    }
}
