//! `kind = "azure_devops"`, `"github"` and `"jira"`: where an alert is an item of work.

use std::path::Path;

use super::{address, authority, secret, text, texts};
use crate::config::channels::{AzureDevops, Github, Jira};
use crate::config::secret::Secret;
use crate::config::section::Section;

pub(super) fn azure_devops(section: &Section<'_>, root: &Path) -> Option<AzureDevops> {
    let organization = text(section, "organization", "the organisation's name");
    let project = text(section, "project", "the project's name");
    let work_item_type = section.or("work_item_type", "Bug".to_owned(), |f| f.text().map(str::to_owned));
    let token = token(section, root);
    let tags = texts(section, "tags");
    let area_path = section.maybe("area_path", |f| f.text().map(str::to_owned));
    let resolve_state = section.maybe("resolve_state", |f| f.text().map(str::to_owned));
    let base_url = section.or("base_url", "https://dev.azure.com".to_owned(), address);
    let ca = authority(section, root);
    let (organization, project, token) = (organization?, project?, token?);
    Some(AzureDevops { organization, project, work_item_type, token, tags, area_path, resolve_state, base_url, ca })
}

pub(super) fn github(section: &Section<'_>, root: &Path) -> Option<Github> {
    let repository = section.require("repository", "the repository, as in `repository = \"owner/name\"`");
    let repository = repository.and_then(|f| {
        let text = f.text()?;
        let sound = text.split('/').filter(|part| !part.is_empty()).count() == 2 && text.matches('/').count() == 1;
        if !sound {
            f.error(format!("\"{text}\" is not a repository"), "expected \"owner/name\"");
        }
        sound.then(|| text.to_owned())
    });
    let token = token(section, root);
    let labels = texts(section, "labels");
    let close_on_resolve = section.or("close_on_resolve", false, |f| f.boolean());
    let base_url = section.or("base_url", "https://api.github.com".to_owned(), address);
    let ca = authority(section, root);
    Some(Github { repository: repository?, token: token?, labels, close_on_resolve, base_url, ca })
}

pub(super) fn jira(section: &Section<'_>, root: &Path) -> Option<Jira> {
    let base_url = section.require("base_url", "where Jira is, as in `base_url = \"https://example.atlassian.net\"`");
    let base_url = base_url.and_then(|f| address(&f));
    let project = text(section, "project", "the project's key, as in `project = \"OPS\"`");
    let issue_type = section.or("issue_type", "Bug".to_owned(), |f| f.text().map(str::to_owned));
    let user = text(section, "user", "who logs in, as in `user = \"landfall@example.com\"`");
    let token = token(section, root);
    let labels = texts(section, "labels");
    let resolve_transition = section.maybe("resolve_transition", |f| f.text().map(str::to_owned));
    let ca = authority(section, root);
    let (base_url, project, user, token) = (base_url?, project?, user?, token?);
    Some(Jira { base_url, project, issue_type, user, token, labels, resolve_transition, ca })
}

fn token(section: &Section<'_>, root: &Path) -> Option<Secret> {
    let token = section.require("token", "a token, as in `token = { env = \"NAME\" }`");
    token.and_then(|f| secret::read(&f, root))
}
