// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Finds modems by class: WWAN ports under /sys/class/wwan, grouped by modem, and the net device of the same PCI function.
//! The roots are parameters, so that tests bring their own trees.

use std::fs;
use std::path::{Path, PathBuf};

use crate::exit::{Error, Exit};

/// Where the system's trees are.
#[derive(Clone, Debug)]
pub struct Roots {
    /// sysfs, `/sys`
    pub sys: PathBuf,
    /// device nodes, `/dev`
    pub dev: PathBuf,
    /// procfs, `/proc`
    pub proc: PathBuf,
    /// run-time state, `/run`
    pub run: PathBuf,
    /// configuration, `/etc`
    pub etc: PathBuf,
    /// what a distribution brings, `/usr/share`
    pub share: PathBuf,
    /// abstract name of the proxy's socket, `qmi-proxy` as libqmi has it
    pub proxy: String,
}

impl Default for Roots {
    fn default() -> Self {
        Roots {
            sys: "/sys".into(),
            dev: "/dev".into(),
            proc: "/proc".into(),
            run: "/run".into(),
            etc: "/etc".into(),
            share: "/usr/share".into(),
            proxy: "qmi-proxy".into(),
        }
    }
}

/// What a WWAN port speaks, from its sysfs attribute `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// QMI messages
    Qmi,
    /// AT commands
    At,
    /// MBIM messages, which mhictl does not speak
    Mbim,
}

impl Kind {
    /// As sysfs writes it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Qmi => "QMI",
            Kind::At => "AT",
            Kind::Mbim => "MBIM",
        }
    }
}

/// One port of a modem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Name, `wwan0qmi0`.
    pub name: String,
    /// Protocol.
    pub kind: Kind,
    /// Device node.
    pub node: PathBuf,
}

/// One modem: a WWAN device with the ports that mhictl uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Modem {
    /// WWAN device, `wwan0`.
    pub wwan: String,
    /// PCI function, `0000:01:00.0`.
    pub pci: String,
    /// Driver of the PCI function.
    pub driver: Option<String>,
    /// Ports by name.
    pub ports: Vec<Port>,
    /// Base net device of the same PCI function.
    pub netdev: Option<String>,
}

impl Modem {
    /// Whether it is in MBIM mode, in which it has no QMI port.
    pub fn speaks_mbim(&self) -> bool {
        self.port(Kind::Mbim).is_some() && self.port(Kind::Qmi).is_none()
    }

    /// The first port of a kind.
    pub fn port(&self, kind: Kind) -> Option<&Port> {
        self.ports.iter().find(|port| port.kind == kind)
    }

    fn is(&self, wanted: &str) -> bool {
        let name = wanted.strip_prefix("/dev/").unwrap_or(wanted);
        self.wwan == name
            || self.pci == name
            || self.pci.strip_prefix("0000:") == Some(name)
            || self.netdev.as_deref() == Some(name)
            || self
                .ports
                .iter()
                .any(|port| port.name == name || port.node == Path::new(wanted))
    }
}

/// All modems on PCI with a QMI, AT or MBIM port, sorted by name.
pub fn modems(roots: &Roots) -> Vec<Modem> {
    let mut found: Vec<Modem> = Vec::new();
    for name in entries(&roots.sys.join("class/wwan")) {
        let link = roots.sys.join("class/wwan").join(&name);
        let kind = match read_trimmed(&link.join("type")).as_deref() {
            Some("QMI") => Kind::Qmi,
            Some("AT") => Kind::At,
            Some("MBIM") => Kind::Mbim,
            _ => continue,
        };
        let Ok(path) = fs::canonicalize(&link) else {
            continue;
        };
        let Some(wwan) = path.parent().and_then(file_name) else {
            continue;
        };
        let Some(pci) = pci_function(&path) else {
            continue;
        };
        let Some(address) = file_name(&pci) else {
            continue;
        };
        let port = Port {
            node: roots.dev.join(&name),
            name,
            kind,
        };
        match found.iter_mut().find(|modem| modem.wwan == wwan) {
            Some(modem) => modem.ports.push(port),
            None => found.push(Modem {
                wwan,
                pci: address,
                driver: driver_of(&pci),
                ports: vec![port],
                netdev: netdev_of(roots, &pci),
            }),
        }
    }
    found.sort_by(|a, b| a.wwan.cmp(&b.wwan));
    found
}

/// The modem that `wanted` names (WWAN device, port, PCI function or base interface), or the only one there is.
/// Fails with [`Exit::NoDevice`] or, with several modems and no choice, [`Exit::Usage`].
pub fn find(roots: &Roots, wanted: Option<&str>) -> Result<Modem, Error> {
    let mut found = modems(roots);
    if let Some(wanted) = wanted {
        let names = names(&found);
        return found
            .into_iter()
            .find(|modem| modem.is(wanted))
            .ok_or_else(|| {
                let next = if names.is_empty() {
                    ABSENT.to_owned()
                } else {
                    format!("modems here: {names}")
                };
                Error::new(Exit::NoDevice, format!("no modem {wanted}"), next)
            });
    }
    match found.len() {
        0 if booting(roots) => Err(Error::new(
            Exit::NoDevice,
            "the modem is there but has no ports yet",
            "it may take a minute to boot; dmesg shows how far it is",
        )),
        0 => Err(Error::new(Exit::NoDevice, "no modem found", ABSENT)),
        1 => Ok(found.remove(0)),
        _ => Err(Error::new(
            Exit::Usage,
            format!("several modems: {}", names(&found)),
            "choose one with --device, for example --device wwan0",
        )),
    }
}

/// As [`find`], but a modem without ports will do if our driver has it: it boots, hangs, or is in emergency download. It has no
/// WWAN device then.
pub fn find_function(roots: &Roots, wanted: Option<&str>) -> Result<Modem, Error> {
    let error = match find(roots, wanted) {
        Err(error) if error.exit == Exit::NoDevice => error,
        found => return found,
    };
    let driver = roots.sys.join("bus/pci/drivers/mhi_net");
    let functions = entries(&driver).into_iter().filter_map(|name| {
        let function = fs::canonicalize(driver.join(&name)).ok()?;
        function.join("modem_state").exists().then(|| Modem {
            netdev: netdev_of(roots, &function),
            pci: name,
            driver: Some("mhi_net".to_owned()),
            ..Modem::default()
        })
    });
    let mut found: Vec<Modem> = functions
        .filter(|modem| wanted.is_none_or(|wanted| modem.is(wanted)))
        .collect();
    match found.len() {
        1 => Ok(found.remove(0)),
        _ => Err(error),
    }
}

/// The node of a modem's first port of `kind`.
pub fn need_port(modem: &Modem, kind: Kind) -> Result<&Port, Error> {
    modem.port(kind).ok_or_else(|| {
        let what = kind.name();
        if kind == Kind::Qmi && modem.speaks_mbim() {
            return Error::new(
                Exit::NoDevice,
                format!("{} is in MBIM mode", modem.wwan),
                "mbimcli brings it online; for QMI: mhictl at 'AT+QCFG=\"pcie_mbim\",0' AT+CFUN=1,1",
            );
        }
        Error::new(
            Exit::NoDevice,
            format!("{} has no {what} port", modem.wwan),
            "load mhi_wwan_ctrl (modprobe mhi_wwan_ctrl) and see dmesg",
        )
    })
}

/// The base interface that is wanted, or that of the modem.
pub fn need_base(modem: &Modem, wanted: Option<&str>) -> Result<String, Error> {
    let base = wanted.or(modem.netdev.as_deref()).map(str::to_owned);
    base.ok_or_else(|| {
        Error::new(
            Exit::Network,
            "the modem has no network interface",
            "load the data path (modprobe rmnet_mhi), or choose with --netdev",
        )
    })
}

/// Whether a net device of our driver is there whose modem has no QMI port yet: it boots, or recovers from a crash.
pub fn booting(roots: &Roots) -> bool {
    let modems = modems(roots);
    let has_port = |pci: &str| {
        modems
            .iter()
            .any(|modem| modem.pci == pci && modem.port(Kind::Qmi).is_some())
    };
    entries(&roots.sys.join("class/net")).iter().any(|name| {
        let device = roots.sys.join("class/net").join(name).join("device");
        let ours = driver_of(&device).as_deref() == Some("mhi_net");
        let function = fs::canonicalize(device).ok().as_deref().and_then(file_name);
        ours && function.is_some_and(|function| !has_port(&function))
    })
}

const ABSENT: &str = "is the module loaded (modprobe rmnet_mhi)? is the modem on the bus (lspci -d 17cb: ; lspci -d 1eac:)?";

fn names(modems: &[Modem]) -> String {
    modems
        .iter()
        .map(|modem| format!("{} ({})", modem.wwan, modem.pci))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Name of a device's driver.
fn driver_of(device: &Path) -> Option<String> {
    fs::read_link(device.join("driver"))
        .ok()
        .as_deref()
        .and_then(file_name)
}

/// The deepest directory at or above `path` that is a device of the PCI bus.
fn pci_function(path: &Path) -> Option<PathBuf> {
    path.ancestors()
        .find(|dir| {
            fs::read_link(dir.join("subsystem"))
                .ok()
                .as_deref()
                .and_then(file_name)
                .as_deref()
                == Some("pci")
        })
        .map(Path::to_owned)
}

/// The net device whose parent is the PCI function itself, else one whose parent is below it (the in-tree mhi_net).
fn netdev_of(roots: &Roots, pci: &Path) -> Option<String> {
    let mut below = None;
    for name in entries(&roots.sys.join("class/net")) {
        let Ok(parent) = fs::canonicalize(roots.sys.join("class/net").join(&name).join("device"))
        else {
            continue;
        };
        if parent == pci {
            return Some(name);
        }
        if below.is_none() && pci_function(&parent).as_deref() == Some(pci) {
            below = Some(name);
        }
    }
    below
}

fn entries(dir: &Path) -> Vec<String> {
    let Ok(read) = fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut names: Vec<String> = read
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

fn file_name(path: &Path) -> Option<String> {
    path.file_name()?.to_str().map(str::to_owned)
}

/// The trimmed text of a small file.
pub fn read_trimmed(path: &Path) -> Option<String> {
    fs::read_to_string(path)
        .ok()
        .map(|text| text.trim().to_owned())
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// A directory that is removed at the end of the test, with the roots in it.
    pub struct Tree {
        /// Its path.
        pub path: PathBuf,
        /// Roots below it.
        pub roots: Roots,
    }

    impl Tree {
        /// Empty trees.
        pub fn new() -> Self {
            static NEXT: AtomicU32 = AtomicU32::new(0);
            let unique = format!(
                "mhictl-test-{}-{}",
                std::process::id(),
                NEXT.fetch_add(1, Ordering::Relaxed)
            );
            let path = std::env::temp_dir().join(&unique);
            let roots = Roots {
                sys: path.join("sys"),
                dev: path.join("dev"),
                proc: path.join("proc"),
                run: path.join("run"),
                etc: path.join("etc"),
                share: path.join("share"),
                proxy: unique,
            };
            for dir in [&roots.sys, &roots.dev, &roots.proc, &roots.run, &roots.etc] {
                fs::create_dir_all(dir).unwrap();
            }
            Tree {
                path: fs::canonicalize(path).unwrap(),
                roots,
            }
        }

        fn pci(&self, address: &str) -> PathBuf {
            let dir = self.roots.sys.join("devices/pci0000:00").join(address);
            fs::create_dir_all(&dir).unwrap();
            fs::create_dir_all(self.roots.sys.join("bus/pci")).unwrap();
            let _ = symlink(self.roots.sys.join("bus/pci"), dir.join("subsystem"));
            dir
        }

        /// The shape that wwan core and mhi_wwan_ctrl give: .../PCI/mhi0/wwan/wwan0/wwan0qmi0.
        fn port(&self, address: &str, wwan: &str, port: &str, kind: &str) {
            let dir = self.pci(address).join("mhi0/wwan").join(wwan).join(port);
            fs::create_dir_all(&dir).unwrap();
            fs::write(dir.join("type"), format!("{kind}\n")).unwrap();
            let class = self.roots.sys.join("class/wwan");
            fs::create_dir_all(&class).unwrap();
            symlink(dir, class.join(port)).unwrap();
        }

        fn netdev(&self, parent: &Path, name: &str) {
            let dir = parent.join("net").join(name);
            fs::create_dir_all(&dir).unwrap();
            symlink(parent, dir.join("device")).unwrap();
            let class = self.roots.sys.join("class/net");
            fs::create_dir_all(&class).unwrap();
            symlink(dir, class.join(name)).unwrap();
        }

        /// One whole modem wwan0 at 0000:00:04.0.
        pub fn modem(&self) {
            self.port("0000:00:04.0", "wwan0", "wwan0qmi0", "QMI");
            self.port("0000:00:04.0", "wwan0", "wwan0at0", "AT");
            self.netdev(&self.pci("0000:00:04.0"), "rmnet_mhi0");
        }
    }

    /// A modem without ports, as README.md's examples have it.
    pub fn modem() -> Modem {
        Modem {
            wwan: "wwan0".into(),
            pci: "0000:01:00.0".into(),
            driver: Some("mhi_net".into()),
            ports: Vec::new(),
            netdev: Some("rmnet_mhi0".into()),
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.path);
        }
    }

    #[test]
    fn one_modem_is_found_with_ports_and_netdev() {
        let tree = Tree::new();
        tree.modem();
        let modem = find(&tree.roots, None).unwrap();
        assert_eq!(
            (
                modem.wwan.as_str(),
                modem.pci.as_str(),
                modem.netdev.as_deref()
            ),
            ("wwan0", "0000:00:04.0", Some("rmnet_mhi0"))
        );
        assert_eq!(
            need_port(&modem, Kind::Qmi).unwrap().node,
            tree.roots.dev.join("wwan0qmi0")
        );
        assert_eq!(need_port(&modem, Kind::At).unwrap().name, "wwan0at0");
    }

    #[test]
    fn every_name_of_the_modem_finds_it() {
        let tree = Tree::new();
        tree.modem();
        for wanted in [
            "wwan0",
            "/dev/wwan0qmi0",
            "wwan0qmi0",
            "/dev/wwan0at0",
            "0000:00:04.0",
            "00:04.0",
            "rmnet_mhi0",
        ] {
            assert_eq!(
                find(&tree.roots, Some(wanted)).unwrap().wwan,
                "wwan0",
                "{wanted}"
            );
        }
        let error = find(&tree.roots, Some("wwan7")).unwrap_err();
        assert_eq!(error.exit, Exit::NoDevice);
        assert!(error.next.contains("wwan0 (0000:00:04.0)"));
    }

    #[test]
    fn a_neighbours_netdev_is_not_taken() {
        let tree = Tree::new();
        tree.port("0000:00:04.0", "wwan0", "wwan0qmi0", "QMI");
        tree.netdev(&tree.pci("0000:00:05.0"), "eth0");
        assert_eq!(find(&tree.roots, None).unwrap().netdev, None);
    }

    #[test]
    fn the_function_itself_wins_over_a_child() {
        let tree = Tree::new();
        tree.port("0000:00:04.0", "wwan0", "wwan0qmi0", "QMI");
        let child = tree.pci("0000:00:04.0").join("mhi0/mhi0_IP_HW0");
        fs::create_dir_all(&child).unwrap();
        tree.netdev(&child, "mhi_hwip0");
        assert_eq!(
            find(&tree.roots, None).unwrap().netdev.as_deref(),
            Some("mhi_hwip0")
        );
        tree.netdev(&tree.pci("0000:00:04.0"), "rmnet_mhi0");
        assert_eq!(
            find(&tree.roots, None).unwrap().netdev.as_deref(),
            Some("rmnet_mhi0")
        );
    }

    #[test]
    fn several_modems_need_a_choice() {
        let tree = Tree::new();
        tree.modem();
        tree.port("0000:00:05.0", "wwan1", "wwan1qmi0", "QMI");
        let error = find(&tree.roots, None).unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        assert!(error
            .what
            .contains("wwan0 (0000:00:04.0), wwan1 (0000:00:05.0)"));
        assert_eq!(
            find(&tree.roots, Some("wwan1")).unwrap().pci,
            "0000:00:05.0"
        );
    }

    #[test]
    fn no_modem_and_a_booting_one_are_told_apart() {
        let tree = Tree::new();
        assert_eq!(find(&tree.roots, None).unwrap_err().what, "no modem found");
        let pci = tree.pci("0000:00:04.0");
        tree.netdev(&pci, "rmnet_mhi0");
        assert!(!booting(&tree.roots));
        symlink(
            tree.roots.sys.join("bus/pci/drivers/mhi_net"),
            pci.join("driver"),
        )
        .unwrap();
        assert!(booting(&tree.roots));
        assert!(find(&tree.roots, None)
            .unwrap_err()
            .what
            .contains("no ports yet"));
    }

    #[test]
    fn a_function_of_our_driver_is_found_without_ports() {
        let tree = Tree::new();
        let pci = tree.pci("0000:00:04.0");
        tree.netdev(&pci, "rmnet_mhi0");
        let driver = tree.roots.sys.join("bus/pci/drivers/mhi_net");
        fs::create_dir_all(&driver).unwrap();
        symlink(&pci, driver.join("0000:00:04.0")).unwrap();
        assert_eq!(
            find_function(&tree.roots, None).unwrap_err().exit,
            Exit::NoDevice
        );
        fs::write(pci.join("modem_state"), "starting\n").unwrap();
        for wanted in [None, Some("00:04.0"), Some("rmnet_mhi0")] {
            let modem = find_function(&tree.roots, wanted).unwrap();
            assert_eq!((modem.pci.as_str(), modem.ports.len()), ("0000:00:04.0", 0));
        }
        assert!(find_function(&tree.roots, Some("wwan7")).is_err());
        tree.port("0000:00:04.0", "wwan0", "wwan0qmi0", "QMI");
        assert_eq!(find_function(&tree.roots, None).unwrap().wwan, "wwan0");
    }

    #[test]
    fn a_modem_in_mbim_mode_is_found_and_told_of() {
        let tree = Tree::new();
        tree.port("0000:00:04.0", "wwan0", "wwan0mbim0", "MBIM");
        tree.port("0000:00:04.0", "wwan0", "wwan0at0", "AT");
        let modem = find(&tree.roots, None).unwrap();
        assert!(need_port(&modem, Kind::At).is_ok());
        let error = need_port(&modem, Kind::Qmi).unwrap_err();
        assert_eq!(
            (error.exit, error.what.as_str()),
            (Exit::NoDevice, "wwan0 is in MBIM mode")
        );
    }

    #[test]
    fn other_ports_and_buses_are_ignored() {
        let tree = Tree::new();
        tree.port("0000:00:04.0", "wwan0", "wwan0qcdm0", "QCDM");
        assert!(modems(&tree.roots).is_empty());
        let usb = tree.roots.sys.join("devices/usb1/1-1/wwan/wwan3/wwan3qmi0");
        fs::create_dir_all(&usb).unwrap();
        fs::write(usb.join("type"), "QMI\n").unwrap();
        symlink(usb, tree.roots.sys.join("class/wwan/wwan3qmi0")).unwrap();
        assert!(modems(&tree.roots).is_empty());
    }
}
