//! The parts that built-in kinds are made of, as far as they lead to lists that merge.
//!
//! The facts are those of the `OpenAPI` document of Kubernetes 1.21.2 that the reference carries. They were taken
//! out of it by a walk over its definitions: a field is kept if it has a patch strategy of `merge`, or leads to such
//! a field without passing through a list that is replaced whole; parts with the same fields are one part here.

/// A definition of the schema: its fields that merge, or that lead to fields that do.
#[derive(Debug)]
pub struct Part {
    /// The fields; all others are of no interest to a merge.
    pub fields: &'static [Field],
}

/// A field of a definition.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// For a list that merges, the keys that tell its items apart; none where the items are scalars.
    pub keys: Option<&'static [&'static str]>,
    /// What it holds; for a list, what its items are.
    pub inside: &'static Part,
}

const fn into(name: &'static str, inside: &'static Part) -> Field {
    Field {
        name,
        keys: None,
        inside,
    }
}

const fn list(name: &'static str, keys: &'static [&'static str], inside: &'static Part) -> Field {
    Field {
        name,
        keys: Some(keys),
        inside,
    }
}

/// A part without lists that merge.
pub static LEAF: Part = Part { fields: &[] };

/// The metadata of an object.
pub static OBJECT_META: Part = Part {
    fields: &[
        list("finalizers", &[], &LEAF),
        list("ownerReferences", &["uid"], &LEAF),
    ],
};

/// An object with nothing but metadata to merge.
pub static OBJECT: Part = Part {
    fields: &[into("metadata", &OBJECT_META)],
};

/// A status with conditions.
pub static STATUS: Part = Part {
    fields: &[list("conditions", &["type"], &LEAF)],
};

/// A container, also one that starts before the others.
pub static CONTAINER: Part = Part {
    fields: &[
        list("env", &["name"], &LEAF),
        list("ports", &["containerPort", "protocol"], &LEAF),
        list("volumeDevices", &["devicePath"], &LEAF),
        list("volumeMounts", &["mountPath"], &LEAF),
    ],
};

/// A container that is added to a running pod.
pub static EPHEMERAL_CONTAINER: Part = Part {
    fields: &[
        list("env", &["name"], &LEAF),
        list("volumeDevices", &["devicePath"], &LEAF),
        list("volumeMounts", &["mountPath"], &LEAF),
    ],
};

/// The source of a volume that lives as long as its pod.
pub static EPHEMERAL_VOLUME: Part = Part {
    fields: &[into("volumeClaimTemplate", &OBJECT)],
};

/// A volume of a pod.
pub static VOLUME: Part = Part {
    fields: &[into("ephemeral", &EPHEMERAL_VOLUME)],
};

/// What a pod is to be.
pub static POD_SPEC: Part = Part {
    fields: &[
        list("containers", &["name"], &CONTAINER),
        list("ephemeralContainers", &["name"], &EPHEMERAL_CONTAINER),
        list("hostAliases", &["ip"], &LEAF),
        list("imagePullSecrets", &["name"], &LEAF),
        list("initContainers", &["name"], &CONTAINER),
        list(
            "topologySpreadConstraints",
            &["topologyKey", "whenUnsatisfiable"],
            &LEAF,
        ),
        list("volumes", &["name"], &VOLUME),
    ],
};

/// What a pod is.
pub static POD_STATUS: Part = Part {
    fields: &[
        list("conditions", &["type"], &LEAF),
        list("podIPs", &["ip"], &LEAF),
    ],
};

/// A pod.
pub static POD: Part = Part {
    fields: &[
        into("metadata", &OBJECT_META),
        into("spec", &POD_SPEC),
        into("status", &POD_STATUS),
    ],
};

/// The pod inside another object.
pub static POD_TEMPLATE_SPEC: Part = Part {
    fields: &[into("metadata", &OBJECT_META), into("spec", &POD_SPEC)],
};

/// A pod template as an object of its own.
pub static POD_TEMPLATE: Part = Part {
    fields: &[
        into("metadata", &OBJECT_META),
        into("template", &POD_TEMPLATE_SPEC),
    ],
};

/// The spec of what makes pods.
pub static WORKLOAD_SPEC: Part = Part {
    fields: &[into("template", &POD_TEMPLATE_SPEC)],
};

/// What makes pods: Deployment, Job and the like.
pub static WORKLOAD: Part = Part {
    fields: &[
        into("metadata", &OBJECT_META),
        into("spec", &WORKLOAD_SPEC),
        into("status", &STATUS),
    ],
};

/// The job inside a cron job.
pub static JOB_TEMPLATE_SPEC: Part = Part {
    fields: &[into("metadata", &OBJECT_META), into("spec", &WORKLOAD_SPEC)],
};

/// What a cron job is to be.
pub static CRON_JOB_SPEC: Part = Part {
    fields: &[into("jobTemplate", &JOB_TEMPLATE_SPEC)],
};

/// A cron job.
pub static CRON_JOB: Part = Part {
    fields: &[into("metadata", &OBJECT_META), into("spec", &CRON_JOB_SPEC)],
};

/// An object whose status has conditions.
pub static OBJECT_WITH_STATUS: Part = Part {
    fields: &[into("metadata", &OBJECT_META), into("status", &STATUS)],
};

/// What a service is to be.
pub static SERVICE_SPEC: Part = Part {
    fields: &[list("ports", &["port", "protocol"], &LEAF)],
};

/// A service.
pub static SERVICE: Part = Part {
    fields: &[
        into("metadata", &OBJECT_META),
        into("spec", &SERVICE_SPEC),
        into("status", &STATUS),
    ],
};

/// A service account.
pub static SERVICE_ACCOUNT: Part = Part {
    fields: &[
        into("metadata", &OBJECT_META),
        list("secrets", &["name"], &LEAF),
    ],
};

/// What a node is to be.
pub static NODE_SPEC: Part = Part {
    fields: &[list("podCIDRs", &[], &LEAF)],
};

/// What a node is.
pub static NODE_STATUS: Part = Part {
    fields: &[
        list("addresses", &["type"], &LEAF),
        list("conditions", &["type"], &LEAF),
    ],
};

/// A node.
pub static NODE: Part = Part {
    fields: &[
        into("metadata", &OBJECT_META),
        into("spec", &NODE_SPEC),
        into("status", &NODE_STATUS),
    ],
};

/// The health of a component of the control plane.
pub static COMPONENT_STATUS: Part = Part {
    fields: &[
        list("conditions", &["type"], &LEAF),
        into("metadata", &OBJECT_META),
    ],
};

/// A set of admission webhooks.
pub static WEBHOOKS: Part = Part {
    fields: &[
        into("metadata", &OBJECT_META),
        list("webhooks", &["name"], &LEAF),
    ],
};

/// What a node's storage drivers are to be.
pub static CSI_NODE_SPEC: Part = Part {
    fields: &[list("drivers", &["name"], &LEAF)],
};

/// A node's storage drivers.
pub static CSI_NODE: Part = Part {
    fields: &[into("metadata", &OBJECT_META), into("spec", &CSI_NODE_SPEC)],
};

/// A kustomization as a resource; the reference knows its generators from a document of its own.
pub static KUSTOMIZATION: Part = Part {
    fields: &[
        list("configMapGenerator", &["name"], &LEAF),
        list("secretGenerator", &["name"], &LEAF),
    ],
};
