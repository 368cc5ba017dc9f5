// Projects and groups that take part.
import React from 'react';
import { SectionMessage, Stack, Text } from '@forge/react';
import { useTexts } from '../../common/texts';
import { Choices } from './choice';
import type { Section } from './types';

export function Scope({ draft, change, choices }: Section) {
  const text = useTexts();
  const { scope, serviceProjects } = draft;
  const projects = choices.jira.projects.map(({ key, name }) => ({ value: key, label: `${key} · ${name}` }));
  const service = choices.jira.projects.filter((project) => project.service).map(({ key, name }) => ({ value: key, label: `${key} · ${name}` }));
  const groups = (choices.helpdesk?.names.groups ?? []).map(({ id, name }) => ({ value: id, label: name ?? text('admin.settings.unnamed', { id }) }));
  const isPublic = serviceProjects.publicComments.length > 0;
  return (
    <Stack space="space.200">
      <Text>{text('admin.settings.scopeIntro')}</Text>
      <Choices id="projects" label={text('admin.settings.projects')} options={projects} values={scope.projects} onChange={(chosen) => change({ ...draft, scope: { ...scope, projects: chosen } })} />
      <Choices id="groups" label={text('admin.settings.groups')} options={groups} values={scope.groups} onChange={(chosen) => change({ ...draft, scope: { ...scope, groups: chosen } })} />
      {service.length > 0 || isPublic ? (
        <Stack space="space.100">
          <Choices
            id="service-projects"
            label={text('admin.settings.publicComments')}
            options={service}
            values={serviceProjects.publicComments}
            onChange={(publicComments) => change({ ...draft, serviceProjects: { ...serviceProjects, publicComments } })}
          />
          <SectionMessage appearance={isPublic ? 'warning' : 'information'}>
            <Text>{text('admin.settings.publicWarning')}</Text>
          </SectionMessage>
        </Stack>
      ) : null}
    </Stack>
  );
}
