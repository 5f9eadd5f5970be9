//! hyper and rustls with deadlines and limits: servers, clients, problem documents.
